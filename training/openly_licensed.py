"""The Apache-licensed PP-OCRv4 models that both networks start from, out of RapidOCR's wheel on PyPI.

On failure: Unavailable when pip cannot fetch the wheel.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from pipeline.errors import Unavailable

_WHEEL = "rapidocr-onnxruntime==1.4.4"
_MODELS = "rapidocr_onnxruntime/models"
TEXT_RECOGNISER = "ch_PP-OCRv4_rec_infer.onnx"
TEXT_DETECTOR = "ch_PP-OCRv4_det_infer.onnx"


def downloaded(name: str, folder: Path) -> Path:
    """Return the wheel's model called `name` below `folder`, fetched with pip when it is not there."""
    model = folder / _MODELS / name
    if model.is_file():
        return model
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", _WHEEL, "--no-deps", "--quiet", "--dest", str(folder)]
    if subprocess.run(command, check=False).returncode:
        raise Unavailable(f"pip could not download {_WHEEL}")
    for wheel in folder.glob("rapidocr_onnxruntime-*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extract(f"{_MODELS}/{name}", folder)
    return model
