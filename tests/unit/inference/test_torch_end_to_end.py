"""Detector and recogniser in torch, from the settings to the text of a plate, on a machine without a CUDA device.

What a CUDA node does is done here on the processor: half precision, batches padded to a few lengths, graphs (played).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from actors.inference import InferenceActor
from pipeline import bootstrap_reading
from pipeline.detect.detector import WEIGHTS
from pipeline.domain.plate import Detection, PlateText
from pipeline.inference import settings as inference_settings
from pipeline.inference import torch_session
from pipeline.inference.cuda_graphs import Graphs
from pipeline.inference.settings import InferenceSettings
from pipeline.inference.torch_session import NetworkSession
from pipeline.inference.weights import model_version_of
from pipeline.looking import cut_around
from pipeline.reading import LocalPlateReader
from pipeline.settings import FlowSettings, Settings
from tests.support.drawn_cars import CORNERS, street, with_car
from tests.support.replayed_cuda import PlayedGraph, play_cuda_graphs

MARK = "AB12CDE"
SHIFTS = (0, 40, -60, 90, 20, -30, 70, 10, 50)
FRAMES = [with_car(street(), CORNERS + np.float32(shift)) for shift in SHIFTS]
EXACT = Settings(inference=InferenceSettings(runtime="openvino", threads=1, precision="float32"))
TORCH = Settings(inference=InferenceSettings(runtime="torch", threads=1))


@pytest.fixture(autouse=True)
def nothing_warms_up_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an actor warms up on a thread of its own would go on when the test has ended."""
    monkeypatch.setattr(LocalPlateReader, "warm_up_parts", lambda self: None)


def asked_as_an_actor_is(actor: InferenceActor | LocalPlateReader) -> Iterator[tuple[Detection, PlateText | None]]:
    """What nine frames bear: batches of eight and one to find, then what was cut out of them, all at once."""
    find, read = (
        (actor.find, actor.recognise) if isinstance(actor, InferenceActor) else (actor.found_in, actor.texts_of)
    )
    most = FlowSettings().batch_frames
    found: list[tuple[Detection, ...]] = []
    for at in range(0, len(FRAMES), most):
        batch = FRAMES[at : at + most]
        found += find(batch, [640] * len(batch))
    plates = [(frame, one) for frame, ones in zip(FRAMES, found, strict=True) for one in ones]
    texts = read([cut_around(*plate) for plate in plates])
    yield from zip((one for _, one in plates), texts, strict=True)


@pytest.fixture(scope="module")
def expected() -> list[tuple[Detection, PlateText | None]]:
    """What OpenVINO makes of them in float32."""
    reader = bootstrap_reading.plate_reader(EXACT)
    found = list(asked_as_an_actor_is(reader))
    reader.close()
    assert [text.raw if text else None for _, text in found] == [MARK] * len(FRAMES)
    return found


def check(
    found: list[tuple[Detection, PlateText | None]],
    expected: list[tuple[Detection, PlateText | None]],
    pixels: float,
    sure: float,
) -> None:
    assert len(found) == len(expected)
    for (ours, text), (theirs, other) in zip(found, expected, strict=True):
        assert text is not None
        assert other is not None
        assert text.raw == other.raw
        assert text.confidence == pytest.approx(other.confidence, abs=sure)
        assert ours.confidence == pytest.approx(theirs.confidence, abs=sure)
        assert np.abs(np.array(ours.quad.corners) - np.array(theirs.quad.corners)).max() < pixels


def test_an_actor_that_runs_torch_finds_and_reads_what_openvino_does(
    expected: list[tuple[Detection, PlateText | None]],
) -> None:
    actor = InferenceActor(TORCH)
    assert "float16" not in actor.version()
    check(list(asked_as_an_actor_is(actor)), expected, pixels=0.05, sure=1e-3)


def as_a_cuda_node(monkeypatch: pytest.MonkeyPatch, kind: torch.dtype) -> list[PlayedGraph]:
    """Let the processor be a CUDA device whose half precision is `kind`; return the list of its graphs."""
    plain, played = NetworkSession.__init__, play_cuda_graphs(monkeypatch)

    def replaying(self: NetworkSession, *given: Any, **options: Any) -> None:
        plain(self, *given, **{**options, "lengths": (1, 4)})
        self._answer = Graphs(self._computed, torch.device("cpu")).answer

    monkeypatch.setattr(inference_settings, "cuda_is_here", lambda: True)
    monkeypatch.setattr(torch_session, "_device", lambda named: torch.device("cpu"))
    monkeypatch.setitem(torch_session._KINDS, "float16", kind)
    monkeypatch.setattr(NetworkSession, "__init__", replaying)
    return played


def test_an_actor_of_a_cuda_node_finds_and_reads_the_same(
    monkeypatch: pytest.MonkeyPatch, expected: list[tuple[Detection, PlateText | None]]
) -> None:
    played = as_a_cuda_node(monkeypatch, torch.bfloat16)
    actor = InferenceActor(TORCH)
    rough, corners, reader = actor.version().split("+")
    assert rough == f"{model_version_of(WEIGHTS)}-float16"
    assert corners.endswith("-float16")
    assert reader.endswith("-float16")
    check(list(asked_as_an_actor_is(actor)), expected, pixels=2.0, sure=0.05)
    assert len(played) == 8, "two shapes of the search, the corners and the reader, each alone and in fours"
    assert all(graph.replays for graph in played)
