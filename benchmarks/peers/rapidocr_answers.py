"""RapidOCR (PP-OCRv4 mobile) answers; run by the peers' Python, see `asked.py`.

A general reader of text finds shop signs too, so on photos only lines count that may be a mark: 4 to 8 letters and
digits, at least one of each. On crops it is given the whole crop as one line, and what it reads counts.
"""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import Any

import cv2
from answering import answer_all, plain, timed
from rapidocr_onnxruntime import RapidOCR

_MAY_BE_A_MARK = re.compile(r"(?=.*[0-9])(?=.*[A-Z])[A-Z0-9]{4,8}")


class Rapid:
    """The reader with its own text detector, and without."""

    def __init__(self) -> None:
        self._reader = _reader(2)

    def version(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"version": version("rapidocr-onnxruntime")}

    def read(self, request: dict[str, Any]) -> dict[str, Any]:
        reads = []
        for path in request["files"]:
            found = self._crop(path) if request["crops"] else self._photo(path)
            reads += [{"file": path} | one for one in found]
        return {"reads": reads}

    def _crop(self, path: str) -> list[dict[str, Any]]:
        lines, _ = self._reader(cv2.imread(path), use_det=False, use_cls=False)
        text = plain("".join(line for line, _ in lines or ()))
        return [{"vrm": text, "confidence": min(float(sure) for _, sure in lines)}] if text else []

    def _photo(self, path: str) -> list[dict[str, Any]]:
        lines, _ = self._reader(cv2.imread(path), use_cls=False)
        reads = []
        for corners, line, sure in lines or ():
            text = plain(line)
            if _MAY_BE_A_MARK.fullmatch(text):
                xs, ys = [x for x, _ in corners], [y for _, y in corners]
                box = [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)]
                reads.append({"vrm": text, "confidence": float(sure), "box": [float(side) for side in box]})
        return reads

    def photo_timing(self, request: dict[str, Any]) -> dict[str, Any]:
        reader = _reader(request["threads"])
        pictures = [cv2.imread(path) for path in request["files"]]
        return {
            "milliseconds": timed(lambda one: reader(one, use_cls=False), pictures, request["rounds"]),
            "detector_milliseconds": timed(reader.text_det, pictures, request["rounds"]),
        }

    def plate_timing(self, request: dict[str, Any]) -> dict[str, Any]:
        batch = request["batch"]
        pictures = [cv2.imread(path) for path in request["files"]]
        batches = [[pictures[(at + i) % len(pictures)] for i in range(batch)] for at in range(0, len(pictures), batch)]
        reader = _reader(request["threads"])
        reader.text_rec.rec_batch_num = batch
        spent = timed(reader.text_rec, batches, request["rounds"])
        return {"milliseconds": [one / batch for one in spent]}


def _reader(threads: int) -> RapidOCR:
    return RapidOCR(intra_op_num_threads=threads)


if __name__ == "__main__":
    reader = Rapid()
    answer_all(
        {
            "version": reader.version,
            "read": reader.read,
            "photo_timing": reader.photo_timing,
            "plate_timing": reader.plate_timing,
        }
    )
