"""The small recogniser's training: what is folded computes the same, and the loss is least where the teacher is met."""

from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.domain.posterior import ALPHABET
from pipeline.recognise.rectify import HEIGHT, WIDTH
from pipeline.recognise.small_network import SmallNetwork
from training.recogniser import teaching
from training.recogniser.calibrate import settled
from training.recogniser.heldout import Answers, HeldOut, calibration_error
from training.recogniser.student import Course, Lessons, distilled, folded
from training.recogniser.teaching import Lesson, best_paths, varied


def spelled(text: str, sure: float = 0.9) -> torch.Tensor:
    """Log probabilities of 24 steps that spell `text`, every third step a character."""
    rows = torch.full((24, 37), (1 - sure) / 36)
    for step in range(24):
        character = text[step // 3] if step % 3 == 1 and step // 3 < len(text) else ""
        rows[step, ALPHABET.index(character) + 1 if character else 0] = sure
    return rows.log()


def test_a_network_with_its_norms_folded_in_computes_the_same() -> None:
    torch.manual_seed(5)
    normed = SmallNetwork(normed=True)
    patches = torch.rand(2, 3, HEIGHT, WIDTH) * 255
    with torch.no_grad():
        for _ in range(2):
            normed(patches)
        expected = normed.eval()(patches)
        computed = folded(normed)(patches)
    assert computed.shape == (2, 24, 37)
    assert torch.allclose(computed, expected, atol=1e-4)


def test_the_loss_is_least_for_what_the_teacher_says_where_it_is_right() -> None:
    teacher = spelled("AB12CDE")[None]
    met = distilled(teacher, ["AB12CDE"], teacher)
    missed = distilled(spelled("AB12CDF")[None], ["AB12CDE"], teacher)
    assert float(met) < float(missed)


def test_a_teacher_that_is_wrong_is_not_followed() -> None:
    wrong = spelled("AB12CDF")[None]
    followed = distilled(wrong, ["AB12CDE"], wrong)
    true = distilled(spelled("AB12CDE")[None], ["AB12CDE"], wrong)
    assert float(true) < float(followed)


def test_of_a_plate_whose_text_nobody_knows_the_teacher_alone_is_followed() -> None:
    teacher = spelled("AB12CDE")[None]
    assert float(distilled(teacher, [None], teacher)) == pytest.approx(0.0, abs=1e-5)


def test_the_best_path_is_read_without_blanks_and_repeats() -> None:
    assert best_paths(torch.stack([spelled("AA1"), spelled("")]).numpy()) == ["AA1", ""]


def test_patches_are_varied_alike_for_the_same_seed_and_otherwise_for_another() -> None:
    patches = np.random.default_rng(1).integers(0, 255, (4, HEIGHT, WIDTH, 3), np.uint8)
    first, again, other = (varied(np.random.default_rng(seed), patches) for seed in (3, 3, 4))
    assert first.shape == (4, 3, HEIGHT, WIDTH)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_lesson_knows_what_the_teacher_is_sure_of() -> None:
    posteriors = torch.stack([spelled("AB12CDE", 0.99), spelled("AB12CDE", 0.5)]).numpy().astype(np.float16)
    known = Lesson(patches=np.zeros((2, 1, 1, 3), np.uint8), texts=("AB12CDE", "AB12CDE"), posteriors=posteriors)
    assert known.easy.tolist() == [0]


def test_a_course_gives_the_same_batch_for_the_same_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.recogniser.corpus.SHARD_SIZE", 8)
    monkeypatch.setattr("training.recogniser.student.SHARD_SIZE", 8)

    def pretended(path: Path, patches: np.ndarray, teacher: Path) -> np.ndarray:
        return np.zeros((len(patches), 24, 37), np.float16)

    monkeypatch.setattr(teaching, "taught", pretended)
    course = Course(work=tmp_path, shards_folder=tmp_path, batch=4, shards=2)
    (first, texts, _), (again, same, _) = (Lessons(course).batch(3) for _ in range(2))
    assert torch.equal(first, again)
    assert texts == same


def test_confidence_that_equals_the_share_read_right_has_no_calibration_error() -> None:
    right = np.array([True] * 3 + [False])
    assert calibration_error(np.full(4, 0.75), right) == pytest.approx(0.0)
    assert calibration_error(np.full(4, 0.95), right) == pytest.approx(0.2)


def test_the_second_look_counts_where_the_first_is_unsure() -> None:
    held = HeldOut(patches=np.zeros((3, 1, 1, 3), np.uint8), texts=("A1", "B2", ""), widths=np.array([90.0, 60.0, 0.0]))
    first = Answers(texts=("A1", "B8", ""), confidences=np.array([0.95, 0.5, 0.99]))
    second = Answers(texts=("A7", "B2", ""), confidences=np.array([0.9, 0.9, 0.99]))
    both = settled(first, second, held, 0.9)
    assert both["exact"] == 1.0
    assert both["second_looks"] == 0.5
