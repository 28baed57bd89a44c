"""The mixture of the course on fixings and on what bears no mark."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.domain.plate import Quad
from training.detector.corpus import backgrounds
from training.recogniser import mixed
from training.recogniser.corpus import Backgrounds
from training.recogniser.mixed import Mixture

UNREAD = np.full((2, 48, 192, 3), 77, np.uint8)


def test_a_few_patches_bear_nothing_to_read_and_the_same_seed_draws_the_same() -> None:
    drawn = [Mixture(UNREAD)(np.random.default_rng(seed), Backgrounds(None)) for seed in range(60)]
    again, text = Mixture(UNREAD)(np.random.default_rng(7), Backgrounds(None))
    assert 2 <= sum(not text for _, text in drawn) <= 20
    assert all(patch.shape == (48, 192, 3) and patch.dtype == np.uint8 for patch, _ in drawn)
    assert np.array_equal(again, drawn[7][0])
    assert text == drawn[7][1]


def test_what_was_mined_is_shown_without_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixed, "_UNREADABLE", 1.0)
    monkeypatch.setattr(mixed, "_MINED_SHARE", 1.0)
    patch, text = Mixture(UNREAD)(np.random.default_rng(3), Backgrounds(None))
    assert text == ""
    assert patch.std() < 20


def test_of_a_plate_beyond_the_edge_less_than_half_shows() -> None:
    quad = Quad(corners=((0.0, 0.0), (100.0, 0.0), (100.0, 20.0), (0.0, 20.0)))
    for seed in range(40):
        corners = np.asarray(mixed._cut_off(np.random.default_rng(seed), quad).corners)
        low, high = np.maximum(corners.min(axis=0), 0), np.minimum(corners.max(axis=0), [100, 20])
        assert np.prod(np.maximum(high - low, 0)) < 0.6 * 2000


def test_lifelike_plates_are_drawn_instead_of_most_others_and_the_rest_bears_nothing_as_often() -> None:
    mixture = Mixture(UNREAD, lifelike=True)
    drawn = [mixture(np.random.default_rng(seed), Backgrounds(None)) for seed in range(60)]
    plain = [Mixture(UNREAD)(np.random.default_rng(seed), Backgrounds(None)) for seed in range(60)]
    again, text = mixture(np.random.default_rng(7), Backgrounds(None))
    assert 2 <= sum(not text for _, text in drawn) <= 20
    assert np.array_equal(again, drawn[7][0])
    assert text == drawn[7][1]
    assert sum(not np.array_equal(one[0], other[0]) for one, other in zip(drawn, plain, strict=True)) >= 30


def test_pictures_that_false_reads_are_counted_in_are_left_out_where_that_is_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "backgrounds"
    folder.mkdir()
    for level in range(30):
        cv2.imwrite(str(folder / f"{level:02}.jpg"), np.full((64, 64, 3), level * 8, np.uint8))
    held_out = backgrounds(tmp_path, True)
    assert len(held_out) == 3
    levels = {int(path.stem) * 8 for path in held_out}
    rng = np.random.default_rng(2)

    def seen(pictures: Backgrounds) -> set[int]:
        shown = (pictures.picture(rng) for _ in range(400))
        return {round(float(one.mean()) / 8) * 8 for one in shown if one is not None}

    assert levels < seen(Backgrounds(folder))
    assert not levels & seen(Backgrounds(folder, without=held_out))


@pytest.mark.parametrize("named", [[], ["--backgrounds", "elsewhere"]])
def test_what_is_to_be_left_out_needs_its_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], named: list[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["mixed", "--work", str(tmp_path), "--but-held-out", *named])
    monkeypatch.chdir(tmp_path)
    np.save(tmp_path / "unread.npy", UNREAD)
    with pytest.raises(SystemExit):
        mixed.main()
    assert "backgrounds" in capsys.readouterr().err


@pytest.mark.parametrize("left_out", [False, True])
def test_the_command_draws_over_what_is_not_held_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, left_out: bool
) -> None:
    folder = tmp_path / "backgrounds"
    folder.mkdir()
    for level in range(30):
        cv2.imwrite(str(folder / f"{level:02}.jpg"), np.full((64, 64, 3), level * 8, np.uint8))
    np.save(tmp_path / "unread.npy", UNREAD)
    given: list[set[Path]] = []

    def noted(work: Path, seed: int, index: int, pictures: Backgrounds, reader: object, draw: object) -> None:
        given.append(set(pictures._paths))

    monkeypatch.setattr(mixed, "write_shard", noted)
    option = ["--but-held-out"] if left_out else []
    command = ["mixed", "--work", str(tmp_path), "--backgrounds", str(folder), "--shards", "1", *option]
    monkeypatch.setattr(sys, "argv", command)
    mixed.main()
    every = set(folder.iterdir())
    assert given == [every - set(backgrounds(tmp_path, True)) if left_out else every]
