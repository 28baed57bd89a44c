"""Reads the one file a model ships as: an ONNX graph whose initialisers are named like the torch parameters.

The large initialisers are stored as float16 with a Cast to float32 beside them, so that a file is half its size and
every runtime, torch included, computes in float32 from the same numbers. The metadata holds `model_version`.

Sources of figures: none. On failure: NotFound when there is no such file, BadInput when it is not such a model;
a caller stops at start, because a pipeline without its model must never look like an empty road.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx import numpy_helper

from pipeline.errors import BadInput, NotFound

VERSION_KEY = "model_version"


def model_of(path: Path) -> onnx.ModelProto:
    """Return the graph in `path`. Raises NotFound or BadInput."""
    if not path.is_file():
        raise NotFound(f"there are no weights at {path}")
    try:
        model = onnx.load(str(path))
    except DecodeError as broken:
        raise BadInput(f"{path} is not an ONNX model") from broken
    if not model.graph.node:
        raise BadInput(f"{path} holds an empty ONNX graph")
    return model


def model_version_of(path: Path) -> str:
    """Return the version the exporter wrote: name, date and the first digits of the weights' digest."""
    metadata = metadata_of(path)
    if VERSION_KEY not in metadata:
        raise BadInput(f"{path} carries no {VERSION_KEY}")
    return metadata[VERSION_KEY]


def metadata_of(path: Path) -> dict[str, str]:
    """Return what the exporter noted about the model."""
    return {entry.key: str(entry.value) for entry in model_of(path).metadata_props}


def parameters_of(path: Path) -> dict[str, NDArray[np.float32]]:
    """Return every parameter by its torch name, as float32; other constants of the graph are left out."""
    parameters = {}
    for initialiser in model_of(path).graph.initializer:
        value = numpy_helper.to_array(initialiser)
        if value.dtype in (np.float16, np.float32):
            parameters[initialiser.name] = value.astype(np.float32)
    return parameters
