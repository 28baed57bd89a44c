"""The recognise stage: reads the plates that were found.

Promise: `PlateRecogniser.recognise` takes (image, detection) pairs and returns, in their order, each one's text with
its confidences, candidates and posterior, or None where no text of at least `minimum_confidence` can be read. Empty
in, empty out. What is read of a plate does not depend on the plates beside it, beyond the rounding of floats.

A plate whose shape leaves open whether it has one line or two is read both ways and the likelier reading kept.
Figures: how well the shipped weights read is in `weights/MODEL_CARD.md`.
On failure: BadInput for a quad without area, NotFound or BadInput when the weights cannot be opened; an error of the
runtime is raised as it is. None of them is ever "illegible".
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.domain.plate import Detection, Pixels, PlateText
from pipeline.domain.posterior import CharacterPosterior
from pipeline.domain.vrm import MAXIMUM_LENGTH, Vrm
from pipeline.inference.session import Runtime, Session, open_session
from pipeline.inference.settings import InferenceSettings
from pipeline.inference.weights import model_version_of
from pipeline.recognise.rectify import patches_of, readings_of
from pipeline.recognise.rerank import reranked
from pipeline.recognise.settings import RecogniseSettings

WEIGHTS = Path(__file__).parent / "weights" / "recogniser.onnx"
_BATCH_PATCHES = 16
"""Patches in one call of the runtime: more win nothing on a processor and hold more memory."""


class PlateRecogniser:
    """Reads plates with a network that `session` runs. Serves one caller at a time."""

    def __init__(self, session: Session, *, version: str, minimum_confidence: float, candidates: int) -> None:
        self.version = version
        self._session = session
        self._minimum_confidence = minimum_confidence
        self._candidates = candidates

    def recognise(self, plates: Sequence[tuple[Pixels, Detection]]) -> list[PlateText | None]:
        """Return the text of each plate; see the module's promise."""
        readings = [(index, two_line) for index, (_, found) in enumerate(plates) for two_line in readings_of(found)]
        best: list[PlateText | None] = [None] * len(plates)
        for start in range(0, len(readings), _BATCH_PATCHES):
            chunk = readings[start : start + _BATCH_PATCHES]
            patches = patches_of([(plates[i][0], plates[i][1].quad, two_line) for i, two_line in chunk])
            [posteriors] = self._session.run(patches)
            for (index, two_line), posterior in zip(chunk, posteriors, strict=True):
                text = self._text(CharacterPosterior(log_probabilities=posterior), two_line=two_line)
                kept = best[index]
                if text and (kept is None or text.confidence > kept.confidence):
                    best[index] = text
        return best

    def _text(self, posterior: CharacterPosterior, *, two_line: bool) -> PlateText | None:
        found = reranked(posterior.candidates(max(self._candidates, 2)))
        first = found[0]
        if not first.text or first.probability < self._minimum_confidence or len(first.text) > MAXIMUM_LENGTH:
            return None
        return PlateText(
            raw=_with_line_break(posterior, first.text) if two_line else first.text,
            vrm=Vrm(first.text),
            confidence=first.probability,
            character_confidences=posterior.character_confidences(first.text),
            candidates=tuple(one for one in found if one.text)[: self._candidates],
            posterior=posterior,
        )


def _with_line_break(posterior: CharacterPosterior, text: str) -> str:
    """Return `text` with a space where the second line begins: the first line fills the posterior's first half."""
    rows = posterior.log_probabilities
    half = len(rows) // 2
    cuts = range(len(text) + 1)
    upper = CharacterPosterior(log_probabilities=rows[:half]).log_likelihoods([text[:cut] for cut in cuts])
    lower = CharacterPosterior(log_probabilities=rows[half:]).log_likelihoods([text[cut:] for cut in cuts])
    cut = int(np.argmax(upper + lower))
    return f"{text[:cut]} {text[cut:]}".strip()


def open_recogniser(settings: RecogniseSettings, inference: InferenceSettings) -> PlateRecogniser:
    """Return a recogniser on the weights the settings name."""
    path = Path(settings.weights) if settings.weights else WEIGHTS
    return PlateRecogniser(
        _session_on(path, inference),
        version=model_version_of(path),
        minimum_confidence=settings.minimum_confidence,
        candidates=settings.candidates,
    )


def _session_on(path: Path, inference: InferenceSettings) -> Session:
    if inference.chosen == "torch":
        from pipeline.recognise.torch_session import TorchSession

        return TorchSession(path, inference.threads)
    return open_session(path, Runtime(inference.chosen), inference.threads)
