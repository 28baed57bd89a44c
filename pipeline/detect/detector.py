"""The detect stage: finds the plates in images.

Promise: `PlateDetector.detect` takes images (height x width x 3, blue-green-red, uint8) of any sizes and returns, in
their order, each one's detections, surest first: corners in reading order in pixels of the image, the upright box
around them cut to the image, and a confidence in 0..1 that is at least `minimum_confidence`. Empty in, empty out.
What is found in an image does not depend on the images beside it, beyond the rounding of floats. With several
`long_sides`, an image in which nothing was found surely at one size is searched again at the next, and the size with
the surest find answers. With a `close_side` so is, at last and at that size, an image that may be a close-up, for what
takes up much of it: one in which nothing was found surely, or something so large. What was found elsewhere stays.

An image may be a part of a picture: with the long side of that picture it is searched at the same scale as the whole.

Two networks: one finds plates roughly in the reduced image; the other looks at each rough find in a window of the full
image, finds its corners and confirms or doubts it.

Figures: the default long sides are those of the settings; how well they do is in `weights/MODEL_CARD.md`. Rough finds
count from the square of the minimum confidence on: the second look can confirm none below it.
On failure: BadInput for an image that is none (nothing is answered for the others either), NotFound or BadInput when
the weights cannot be opened; an error of the runtime is raised as it is. None of them is ever "no plates".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from pipeline.detect.corners import CornerFinder
from pipeline.detect.decode import Finds, decode
from pipeline.detect.framing import Framed, batch_of, check_image, frame_for
from pipeline.detect.geometry import boxes_of
from pipeline.detect.settings import DetectSettings
from pipeline.domain.plate import Box, Detection, Picture, Quad
from pipeline.errors import BadInput
from pipeline.inference.precision import Precision
from pipeline.inference.session import Runtime, Session, open_session
from pipeline.inference.settings import Cuda, InferenceSettings
from pipeline.inference.weights import model_version_of

WEIGHTS = Path(__file__).parent / "weights" / "detector.onnx"
CORNER_WEIGHTS = WEIGHTS.with_name("corners.onnx")
_SETTLED_FROM = 0.72
"""Finds this sure were never wrong on held-out backgrounds: a search at another size can add nothing."""
_CLOSE_UP = 0.35
"""A find that takes up this share of its picture's long side is larger than what the network learnt on: it may be a
part of a plate."""


class PlateDetector:
    """Finds plates with a network that `session` runs. Serves one caller at a time.

    Without `corners`, its answers are the rough finds. What it finds with less than `sure_from` is doubtful.
    """

    def __init__(
        self,
        session: Session,
        *,
        version: str,
        minimum_confidence: float,
        long_sides: Sequence[int],
        close_side: int | None = None,
        corners: CornerFinder | None = None,
        sure_from: float = 0.0,
    ) -> None:
        if not long_sides:
            raise BadInput("a detector needs at least one size to search at")
        self.version = version
        self._session = session
        self._minimum_confidence = minimum_confidence
        self._least_rough = minimum_confidence**2 if corners else minimum_confidence
        self._long_sides = tuple(long_sides)
        self._close_side = close_side
        self._sure_from = sure_from
        self._corners = corners

    def detect(self, images: Sequence[Picture], sides: Sequence[int] | None = None) -> list[tuple[Detection, ...]]:
        """Return the plates of each image; see the module's promise."""
        for image in images:
            check_image(image)
        of_sides = sides or [max(image.shape[:2]) for image in images]
        found: list[tuple[Detection, ...]] = [() for _ in images]
        for long_side in self._long_sides:
            # Searching every size would find a little more and be fooled twice as often (see the model card).
            still_open = [index for index, finds in enumerate(found) if _surest(finds) < _SETTLED_FROM]
            for index, finds in self._detected(images, of_sides, still_open, long_side):
                found[index] = max(found[index], finds, key=_surest)
        if self._close_side:
            close = [index for index, finds in enumerate(found) if _may_be_close(finds, of_sides[index])]
            for index, finds in self._detected(images, of_sides, close, self._close_side):
                # what is small in a small picture is less sure than its confidence says
                large = tuple(one for one in finds if _is_large(one, of_sides[index]))
                if _surest(large) > _surest(found[index]):
                    # other plates stay, but not what may be a part of this one
                    kept = (one for one in found[index] if not any(_overlap(one.box, two.box) for two in large))
                    found[index] = tuple(sorted((*large, *kept), key=lambda one: -one.confidence))
        return found

    def warm_up(self, images: Sequence[Picture], sides: Sequence[int]) -> None:
        """Make the runtime compile the networks for such images, and for a plate in each, that no vehicle waits."""
        self.detect(images, sides)
        if self._corners:
            self._corners.warm_up(len(images))

    def _detected(
        self, images: Sequence[Picture], of_sides: Sequence[int], chosen: list[int], long_side: int
    ) -> Iterator[tuple[int, tuple[Detection, ...]]]:
        """Yield what the chosen images show at that size."""
        for index, finds in self._search(images, of_sides, chosen, long_side):
            yield index, _detections(finds, images[index], self._sure_from)

    def _search(
        self, images: Sequence[Picture], of_sides: Sequence[int], chosen: list[int], long_side: int
    ) -> Iterator[tuple[int, Finds]]:
        """Yield the finds of the chosen images; those of one input size go to the network together."""
        groups: dict[tuple[int, ...], list[tuple[int, Framed]]] = defaultdict(list)
        for index in chosen:
            framed = frame_for(images[index], long_side, of_sides[index])
            groups[framed.shape].append((index, framed))
        for members in groups.values():
            for start in range(0, len(members), self._session.at_once):
                chunk = members[start : start + self._session.at_once]
                finds = self._run([framed for _, framed in chunk])
                indices = [index for index, _ in chunk]
                yield from zip(indices, self._settled([images[index] for index in indices], finds), strict=True)

    def _run(self, framed: list[Framed]) -> list[Finds]:
        """Return the finds of images of one input size, in pixels of the images."""
        scores, corners, two_line = self._session.run(batch_of(framed))
        return [
            _unscaled(decode(scores[i], corners[i], two_line[i], self._least_rough), one.scale)
            for i, one in enumerate(framed)
        ]

    def _settled(self, images: list[Picture], rough: list[Finds]) -> list[Finds]:
        """Return what is left of the rough finds after the second look."""
        if self._corners is None:
            return rough
        finds = self._corners.settled(images, rough)
        return [self._kept(ones) for ones in finds]

    def _kept(self, finds: Finds) -> Finds:
        return finds.sound(self._minimum_confidence) if len(finds) else finds


def open_detector(settings: DetectSettings, inference: InferenceSettings, *, still: bool = False) -> PlateDetector:
    """Return a detector on the weights the settings name; with `still`, one for photographs rather than video.

    Its version tells if it searches in int8, or computes in float16, because another machine may then find an unsure
    plate or not.
    """
    path = Path(settings.weights) if settings.weights else WEIGHTS
    sides = {settings.long_side_pixels, settings.still_long_side_pixels} if still else {settings.long_side_pixels}
    # A passage's other sightings make up for a plate at the edge of what counts; a photograph has none.
    precision: Precision = "float32" if still else inference.of_search
    least = min(settings.continuing_confidence, settings.minimum_confidence)
    return PlateDetector(
        _session_on(path, "rough", inference, precision, soonest=still),
        version=f"{_version(path, precision)}+{_version(_corner_weights(settings), inference.quickest)}",
        minimum_confidence=settings.still_minimum_confidence if still else least,
        sure_from=0.0 if still else settings.minimum_confidence,
        long_sides=sorted(sides),
        close_side=settings.close_long_side_pixels if still else None,
        corners=open_corners(settings, inference, soonest=still),
    )


def open_corners(settings: DetectSettings, inference: InferenceSettings, *, soonest: bool = True) -> CornerFinder:
    """Return the second look alone, on the weights the settings name."""
    path = _corner_weights(settings)
    return CornerFinder(_session_on(path, "corners", inference, inference.quickest, soonest=soonest))


def _corner_weights(settings: DetectSettings) -> Path:
    return Path(settings.corner_weights) if settings.corner_weights else CORNER_WEIGHTS


def _version(path: Path, precision: Precision) -> str:
    return model_version_of(path) + (f"-{precision}" if precision in ("int8", "float16") else "")


def _session_on(
    path: Path,
    look: Literal["rough", "corners"],
    inference: InferenceSettings,
    precision: Precision,
    *,
    soonest: bool,
) -> Session:
    if inference.chosen == "torch":
        # Torch takes seconds to import: only a machine that will run it pays for it.
        from pipeline.detect.torch_session import TorchSession

        # Photographs come in all shapes: to capture a graph for each would take longer than to search it.
        cuda: Cuda = "eager" if soonest and look == "rough" else inference.launching
        return TorchSession(path, inference.threads, look, precision=precision, cuda=cuda, device=inference.device)
    return open_session(path, Runtime(inference.chosen), inference.threads, precision, soonest=soonest)


def _unscaled(finds: Finds, scale: float) -> Finds:
    if not len(finds):
        return finds
    return Finds(
        quads=np.asarray(finds.quads / np.float32(scale), np.float32), scores=finds.scores, two_line=finds.two_line
    )


def _surest(finds: tuple[Detection, ...]) -> float:
    return max((one.confidence for one in finds), default=0.0)


def _may_be_close(finds: tuple[Detection, ...], of_side: int) -> bool:
    return _surest(finds) < _SETTLED_FROM or any(_is_large(one, of_side) for one in finds)


def _is_large(found: Detection, of_side: int) -> bool:
    return found.box.width >= _CLOSE_UP * of_side


def _overlap(one: Box, two: Box) -> bool:
    return (
        one.x < two.x + two.width
        and two.x < one.x + one.width
        and one.y < two.y + two.height
        and two.y < one.y + one.height
    )


def _detections(finds: Finds, image: Picture, sure_from: float) -> tuple[Detection, ...]:
    if not len(finds):
        return ()
    height, width = image.shape[:2]
    boxes = boxes_of(finds.quads)
    boxes[:, ::2] = boxes[:, ::2].clip(0, width)
    boxes[:, 1::2] = boxes[:, 1::2].clip(0, height)
    return tuple(
        Detection(
            box=_box(left, top, right, bottom),
            quad=_quad(quad),
            confidence=confidence,
            two_line=two_line >= 0.5,
            doubtful=is_doubtful,
        )
        for (left, top, right, bottom), quad, confidence, two_line, is_doubtful in zip(
            boxes.tolist(),
            finds.quads.tolist(),
            finds.scores.tolist(),
            finds.two_line.tolist(),
            (finds.scores < sure_from).tolist(),
            strict=True,
        )
        if right - left >= 1 and bottom - top >= 1
    )


def _box(left: float, top: float, right: float, bottom: float) -> Box:
    return Box(x=left, y=top, width=right - left, height=bottom - top)


def _quad(corners: list[list[float]]) -> Quad:
    first, second, third, fourth = ((x, y) for x, y in corners)
    return Quad(corners=(first, second, third, fourth))
