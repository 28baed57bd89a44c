"""Every runtime gives the same answers from the one shipped file, torch included."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.domain.posterior import CharacterPosterior
from pipeline.errors import BadInput, NotFound
from pipeline.inference.session import Runtime, Session, open_session
from pipeline.inference.weights import model_version_of, parameters_of
from pipeline.recognise.opening import WEIGHTS
from pipeline.recognise.rectify import flattened
from pipeline.recognise.torch_session import TorchSession
from training.degrade import ORDINARY, photographed
from training.plates import draw_british_plate

MARKS = ("AB12CDE", "LN71XKP", "K7XYZ", "GZF4821", "ABC123D")


@pytest.fixture(scope="module")
def patches() -> np.ndarray:
    """A few rendered plates as the camera sees them, ready for the network."""
    rng = np.random.default_rng(8)
    seen = []
    for mark in MARKS:
        pixels, quad = photographed(rng, draw_british_plate(mark, pixels_per_mm=0.75), hardship=ORDINARY)
        seen.append(flattened(pixels, quad, two_line=False))
    return np.ascontiguousarray(np.stack(seen).transpose(0, 3, 1, 2).astype(np.float32))


@pytest.fixture(scope="module", params=list(Runtime))
def session(request: pytest.FixtureRequest) -> Session:
    return open_session(WEIGHTS, request.param)


def texts_of(posteriors: np.ndarray) -> list[str]:
    return [CharacterPosterior(log_probabilities=one).candidates(1)[0].text for one in posteriors]


def test_a_runtime_gives_what_torch_gives(session: Session, patches: np.ndarray) -> None:
    [reference] = TorchSession(WEIGHTS, threads=1).run(patches)
    [posteriors] = session.run(patches)
    assert posteriors.dtype == np.float32
    assert np.exp(posteriors) == pytest.approx(np.exp(reference), abs=1e-3)
    assert texts_of(posteriors) == texts_of(reference)


def test_an_answer_does_not_depend_on_its_batch(session: Session, patches: np.ndarray) -> None:
    [together] = session.run(patches)
    alone = np.concatenate([session.run(patches[i : i + 1])[0] for i in range(len(patches))])
    assert np.exp(alone) == pytest.approx(np.exp(together), abs=1e-4)


def test_a_batch_larger_than_the_largest_size_is_answered_in_full(session: Session, patches: np.ndarray) -> None:
    many = np.concatenate([patches] * 4)
    [posteriors] = session.run(many)
    assert len(posteriors) == 20
    assert np.exp(posteriors[15:]) == pytest.approx(np.exp(posteriors[:5]), abs=1e-4)


def test_bytes_are_answered_like_the_same_numbers_as_floats(session: Session) -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (3, 3, 48, 192), np.uint8)
    assert np.exp(session.run(pixels)[0]) == pytest.approx(np.exp(session.run(pixels.astype(np.float32))[0]), abs=1e-4)
    assert session.run(pixels[:0])[0].shape == (0, 24, 37)


@pytest.mark.parametrize("soonest", [True, False])
def test_pieces_of_a_batch_that_run_side_by_side_come_back_in_their_order(
    session: Session, patches: np.ndarray, soonest: bool
) -> None:
    alone, several = session.run(patches)[0], open_session(WEIGHTS, threads=2, soonest=soonest)
    assert np.exp(several.run(patches)[0]) == pytest.approx(np.exp(alone), abs=1e-3)
    assert np.exp(several.run(patches[:1])[0]) == pytest.approx(np.exp(alone[:1]), abs=1e-3)


def test_an_empty_batch_is_an_empty_answer(session: Session, patches: np.ndarray) -> None:
    [posteriors] = session.run(patches[:0])
    assert posteriors.shape == (0, 24, 37)


def test_a_batch_of_the_wrong_shape_or_type_is_refused(session: Session, patches: np.ndarray) -> None:
    with pytest.raises(BadInput):
        session.run(patches[:, :, :, :100])
    with pytest.raises(BadInput):
        session.run(patches.astype(np.float64))  # type: ignore[arg-type]


def test_rows_are_probabilities(session: Session, patches: np.ndarray) -> None:
    [posteriors] = session.run(patches)
    assert np.exp(posteriors).sum(axis=2) == pytest.approx(1.0, abs=1e-4)


def test_weights_that_are_not_there_are_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        open_session(tmp_path / "absent.onnx")


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"this is no model")
    with pytest.raises(BadInput):
        open_session(path)


def test_the_version_names_model_day_and_weights() -> None:
    name, *day, digest = model_version_of(WEIGHTS).split("-")
    assert name == "recogniser"
    assert len(day) == 3
    assert len(digest) == 12


def test_the_file_is_small_because_its_weights_are_halved() -> None:
    count = sum(value.size for value in parameters_of(WEIGHTS).values())
    assert count > 1_500_000
    assert WEIGHTS.stat().st_size < 4_500_000
