"""Video is searched in 8 bits where that is asked for: nearly the same numbers, from the same file."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from pipeline.detect.detector import CORNER_WEIGHTS, WEIGHTS
from pipeline.errors import BadInput
from pipeline.inference.eight_bits import RANGES_KEY, has_ranges, ranges_of
from pipeline.inference.session import OpenVinoSession, Session, open_session
from pipeline.recognise.opening import WEIGHTS as RECOGNISER
from tests.support.drawn_cars import CORNERS, street, with_car


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    """Drawn cars of three sizes in five places, in pictures of the size at which video is searched."""
    road, places = (
        street(384, 640),
        ((0.4, 150, 200), (0.7, 300, 210), (1.0, 320, 250), (1.0, 200, 240), (1.6, 310, 240)),
    )
    middle = CORNERS.mean(axis=0)
    return np.stack([with_car(road, ((CORNERS - middle) * size + (x, y)).astype(np.float32)) for size, x, y in places])


@pytest.fixture(scope="module")
def exact() -> Session:
    return open_session(WEIGHTS)


@pytest.fixture(scope="module")
def quick() -> Session:
    return open_session(WEIGHTS, precision="int8")


def logits(scores: np.ndarray) -> np.ndarray:
    return np.log(scores / (1 - scores))


def test_plates_get_the_scores_and_corners_of_float32(exact: Session, quick: Session, pictures: np.ndarray) -> None:
    (scores, corners, _), (near, places, _) = exact.run(pictures), quick.run(pictures)
    surest = np.unravel_index(scores.reshape(len(scores), -1).argmax(axis=1), scores.shape[1:])
    at = (np.arange(len(scores)), *surest)
    assert (scores[at] > 0.4).all()
    assert logits(near[at]) == pytest.approx(logits(scores[at]), abs=0.6)
    width = np.ptp(corners[at[0], ::2, at[1], at[2]], axis=1)
    moved = np.abs(places[at[0], :, at[1], at[2]] - corners[at[0], :, at[1], at[2]]).max(axis=1)
    assert (moved < 0.08 * width).all()
    assert np.abs(near - scores).mean() < 1e-3


def test_it_does_multiply_8_bits(quick: Session, pictures: np.ndarray) -> None:
    assert isinstance(quick, OpenVinoSession)
    quick.run(pictures[:1])
    compiled = next(iter(quick._kept.values())).request.get_compiled_model().get_runtime_model()
    kinds = [
        node.get_rt_info()["runtimePrecision"].astype(str)
        for node in compiled.get_ordered_ops()
        if node.get_rt_info()["layerType"].astype(str) == "Convolution"
    ]
    assert sum(kind in ("u8", "i8") for kind in kinds) == len(ranges_of(WEIGHTS)) + 1


def test_the_answer_is_the_same_alone_in_company_and_on_two_threads(quick: Session, pictures: np.ndarray) -> None:
    together = quick.run(pictures)
    shared = open_session(WEIGHTS, threads=2, precision="int8", soonest=False).run(pictures)
    for place, answers in enumerate(together):
        alone = np.concatenate([quick.run(pictures[i : i + 1])[place] for i in range(len(pictures))])
        assert answers == pytest.approx(alone, abs=1e-3)
        assert answers == pytest.approx(shared[place], abs=1e-3)


def test_floats_are_answered_like_the_same_numbers_as_bytes(quick: Session, pictures: np.ndarray) -> None:
    for one, other in zip(quick.run(pictures), quick.run(pictures.astype(np.float32)), strict=True):
        assert one == pytest.approx(other, abs=1e-3)
    assert [len(output) for output in quick.run(pictures[:0])] == [0, 0, 0]


def test_only_the_search_says_how(tmp_path: Path) -> None:
    assert has_ranges(WEIGHTS)
    for path in (CORNER_WEIGHTS, RECOGNISER):
        assert not has_ranges(path)
        with pytest.raises(BadInput):
            open_session(path, precision="int8")


def test_ranges_of_another_network_are_refused(tmp_path: Path, pictures: np.ndarray) -> None:
    model = onnx.load(str(WEIGHTS))
    helper.set_model_props(model, {RANGES_KEY: json.dumps({"of_another": [0, 1]})})
    path = tmp_path / "strange.onnx"
    onnx.save(model, str(path))
    with pytest.raises(BadInput, match="of_another"):
        open_session(path, precision="int8").run(pictures[:1])


def test_a_network_that_does_not_take_pictures_is_refused(tmp_path: Path) -> None:
    model = onnx.load(str(RECOGNISER))
    helper.set_model_props(model, {RANGES_KEY: "{}"})
    path = tmp_path / "strange.onnx"
    onnx.save(model, str(path))
    with pytest.raises(BadInput, match="first layer"):
        open_session(path, precision="int8").run(np.zeros((1, 3, 48, 192), np.uint8))
