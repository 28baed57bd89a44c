"""The shards of hard plates hold what the recogniser is unsure of, and of the rest a few."""

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.domain.posterior import CharacterPosterior
from pipeline.inference.session import Batch, Session, open_session
from pipeline.recognise.opening import WEIGHTS
from training.recogniser import hard
from training.recogniser.corpus import Backgrounds, sample, shard
from training.recogniser.hard import hard_samples, write_shard


@pytest.fixture(scope="module")
def reader() -> Session:
    return open_session(WEIGHTS)


class NotAsked:
    """A reader that nobody may ask."""

    at_once = 16

    def run(self, batch: Batch) -> list[Batch]:
        pytest.fail("what is there was made again")


def losses(reader: Session, samples: list[tuple[np.ndarray, str]]) -> np.ndarray:
    patches = np.stack([patch for patch, _ in samples]).transpose(0, 3, 1, 2)
    [rows] = reader.run(np.ascontiguousarray(patches, np.float32))
    return np.array([
        -CharacterPosterior(log_probabilities=row).log_likelihood(text)
        for row, (_, text) in zip(rows, samples, strict=True)
    ])  # fmt: skip


def test_more_of_them_are_unsurely_read_than_of_all_and_none_is_beyond_reading(reader: Session) -> None:
    rng = np.random.default_rng(3)
    kept = hard_samples(rng, Backgrounds(None), reader)
    hardest = losses(reader, [next(kept) for _ in range(40)])
    every = losses(reader, [sample(rng, Backgrounds(None)) for _ in range(40)])
    assert hardest.max() <= 8.01
    assert (hardest > 0.1).mean() > 1.5 * (every > 0.1).mean()
    assert (hardest < 0.1).any()


def test_the_course_takes_them_as_if_it_had_rendered_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: Session
) -> None:
    monkeypatch.setattr(hard, "SHARD_SIZE", 3)
    write_shard(tmp_path, 5, 1, Backgrounds(None), reader)
    taken = shard(tmp_path, 5, 1, Backgrounds(None))
    assert taken.patches.shape == (3, 48, 192, 3)
    assert list(taken.texts) == json.loads((tmp_path / "seed-5-shard-0001.json").read_text())
    # what is there is not made again
    write_shard(tmp_path, 5, 1, Backgrounds(None), NotAsked())
    assert len(list(tmp_path.iterdir())) == 2
