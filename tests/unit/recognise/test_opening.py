"""Settings decide whether one network reads alone or a small one reads first."""

from pathlib import Path

import pytest

from pipeline.errors import NotFound
from pipeline.inference import settings
from pipeline.inference.settings import InferenceSettings
from pipeline.inference.weights import metadata_of, model_version_of
from pipeline.recognise.opening import TEMPERATURE_KEY, WEIGHTS, open_recogniser
from pipeline.recognise.settings import RecogniseSettings

CPU = InferenceSettings(runtime="openvino", threads=1, precision="float32")


def test_as_shipped_the_large_network_reads_alone() -> None:
    assert open_recogniser(RecogniseSettings(), CPU).version == model_version_of(WEIGHTS)


def test_the_version_tells_what_it_computes_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "multiplies_bfloat16", lambda: True)
    quick = InferenceSettings(runtime="openvino", threads=1)
    assert open_recogniser(RecogniseSettings(), quick).version == f"{model_version_of(WEIGHTS)}-bfloat16"


def test_the_version_names_both_networks_where_two_read() -> None:
    two = RecogniseSettings(small_weights=str(WEIGHTS), second_look_below=0.9)
    assert open_recogniser(two, CPU).version == f"{model_version_of(WEIGHTS)}+{model_version_of(WEIGHTS)}"


def test_a_small_network_that_is_not_there_is_not_replaced_in_silence(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        open_recogniser(RecogniseSettings(small_weights=str(tmp_path / "small.onnx"), second_look_below=0.9), CPU)


def test_the_shipped_weights_carry_their_temperature() -> None:
    assert 0.5 < float(metadata_of(WEIGHTS)[TEMPERATURE_KEY]) < 2.0


def test_a_threshold_outside_of_probabilities_is_refused() -> None:
    with pytest.raises(ValueError, match="second_look_below"):
        RecogniseSettings(second_look_below=1.5)
