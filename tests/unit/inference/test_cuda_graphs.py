"""Graphs answer as what they were captured from does, on a played device: none is needed here."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline.detect.detector import CORNER_WEIGHTS, WEIGHTS
from pipeline.detect.torch_session import TorchSession
from pipeline.inference import cuda_graphs
from pipeline.inference.cuda_graphs import Graphs
from tests.support.replayed_cuda import PlayedGraph, play_cuda_graphs

CPU = torch.device("cpu")


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[PlayedGraph]:
    return play_cuda_graphs(monkeypatch)


class Doubled:
    """Twice what is given, and how often that was computed."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, given: torch.Tensor) -> tuple[torch.Tensor, ...]:
        self.calls += 1
        return (given.float() * 2,)


def test_what_was_captured_once_is_replayed_with_other_numbers(played: list[PlayedGraph]) -> None:
    doubled = Doubled()
    graphs = Graphs(doubled, CPU)
    for number in (1.0, 2.0, 3.0):
        assert graphs.answer(torch.full((2, 3), number))[0].tolist() == [[2 * number] * 3] * 2
    assert [one.replays for one in played] == [3]
    assert doubled.calls == 3, "twice to warm up, once to capture"


def test_every_shape_and_type_has_its_own_graph(played: list[PlayedGraph]) -> None:
    graphs = Graphs(Doubled(), CPU)
    for given in (torch.ones(2, 3), torch.ones(4, 3), torch.ones(2, 3, dtype=torch.uint8), torch.ones(4, 3)):
        assert torch.equal(graphs.answer(given)[0], given.float() * 2)
    assert [one.replays for one in played] == [1, 2, 1]


def test_shapes_beyond_the_last_that_is_kept_are_answered_without(
    played: list[PlayedGraph], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuda_graphs, "MOST_GRAPHS", 1)
    graphs = Graphs(Doubled(), CPU)
    for length in (1, 2, 3, 1):
        assert graphs.answer(torch.full((length,), 5.0))[0].tolist() == [10.0] * length
    assert [one.replays for one in played] == [2]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_session_answers_the_same_with_graphs(
    played: list[PlayedGraph], monkeypatch: pytest.MonkeyPatch, precision: str
) -> None:
    rng = np.random.default_rng(4)
    for path, look, shape in ((WEIGHTS, "rough", (96, 128, 3)), (CORNER_WEIGHTS, "corners", (64, 128, 3))):
        session = TorchSession(path, 1, look, precision=precision, device="cpu", lengths=(1, 2, 4))  # type: ignore[arg-type]
        batches = [rng.integers(0, 256, (length, *shape), np.uint8) for length in (3, 1, 7, 4)]
        expected = [session.run(batch) for batch in batches]
        before = len(played)
        monkeypatch.setattr(session, "_answer", Graphs(session._computed, CPU).answer)
        answers = [session.run(batch) for batch in batches]
        for answer, wanted in zip(answers, expected, strict=True):
            for one, other in zip(answer, wanted, strict=True):
                assert np.array_equal(one, other)
        assert [one.replays for one in played[before:]] == [4, 1], "3, 7 (as 4 and 3) and 4 are padded to 4, 1 stays 1"
