"""Opens the recogniser that the settings describe.

On failure: NotFound or BadInput when the weights cannot be opened.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.inference.session import Runtime, Session, open_session
from pipeline.inference.settings import InferenceSettings
from pipeline.inference.weights import metadata_of, model_version_of
from pipeline.recognise.eyes import Eye
from pipeline.recognise.recogniser import PlateRecogniser
from pipeline.recognise.settings import RecogniseSettings

WEIGHTS = Path(__file__).parent / "weights" / "recogniser.onnx"
SMALL_WEIGHTS = Path(__file__).parent / "weights" / "small.onnx"
TEMPERATURE_KEY = "temperature"


def open_recogniser(
    settings: RecogniseSettings, inference: InferenceSettings, *, still: bool = False
) -> PlateRecogniser:
    """Return a recogniser on the weights the settings name; with `still`, one for photographs rather than video.

    Its version tells if it computes in half precision, because another machine may then read an unsure plate otherwise.

    The large network reads alone where `second_look_below` is 1, and on graphics processors, where one network in large
    batches is faster than two.
    """
    large = Path(settings.weights) if settings.weights else WEIGHTS
    alone = settings.second_look_below >= 1 or inference.chosen == "torch"
    small = None if alone else (Path(settings.small_weights) if settings.small_weights else SMALL_WEIGHTS)
    eye = open_eye(large, inference, soonest=still)
    version = "+".join(model_version_of(path) for path in (large, small) if path)
    return PlateRecogniser(
        open_eye(small, inference, soonest=still) if small else eye,
        version=version if inference.quickest == "float32" else f"{version}-{inference.quickest}",
        minimum_confidence=settings.minimum_confidence,
        candidates=settings.candidates,
        second=eye if small else None,
        second_look_below=settings.second_look_below if small else 0.0,
        look_around_below=settings.look_around_below if still else 0.0,
    )


def open_eye(path: Path, inference: InferenceSettings, *, soonest: bool = True) -> Eye:
    """Return the network in `path` at its temperature."""
    return Eye(_session_on(path, inference, soonest), float(metadata_of(path).get(TEMPERATURE_KEY, "1")))


def _session_on(path: Path, inference: InferenceSettings, soonest: bool) -> Session:
    if inference.chosen == "torch":
        from pipeline.recognise.torch_session import TorchSession

        return TorchSession(
            path,
            inference.threads,
            precision=inference.quickest,
            cuda=inference.launching,
            device=inference.device,
        )
    return open_session(path, Runtime(inference.chosen), inference.threads, inference.quickest, soonest=soonest)
