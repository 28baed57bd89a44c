"""The GPU path on a CUDA device: the same weights give what they give on the processor, in graphs and without.

None was at hand when this was written. Run this first where one is: `pytest -rs tests/unit/inference/test_cuda.py`.
"""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from pipeline import bootstrap_reading
from pipeline.inference.settings import InferenceSettings
from pipeline.settings import Settings
from tests.unit.inference.test_torch_end_to_end import asked_as_an_actor_is, check
from tests.unit.inference.test_torch_session import Opened, corners, given_to, places, reader, rough

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device, and this machine has none")


@pytest.mark.parametrize("cuda", ["eager", "graphs"])
@pytest.mark.parametrize("precision", ["float32", "float16"])
@pytest.mark.parametrize("opened", [rough, corners, reader])
def test_a_cuda_device_gives_the_answers_of_the_processor(opened: Opened, precision: str, cuda: str) -> None:
    given = given_to(opened)
    expected = places(opened, opened(device="cpu").run(given))
    session = opened(device="cuda", precision=precision, cuda=cuda)
    for _ in range(3):  # captured at the first, replayed from then on
        for one, other in zip(places(opened, session.run(given)), expected, strict=True):
            scale = 1.0 if other.max() <= 1.0 else 16.0
            assert np.abs(one - other).max() < (0.012 if precision == "float16" else 1e-3) * scale


@pytest.mark.slow
@pytest.mark.parametrize("opened", [rough, corners, reader])
def test_layers_that_were_compiled_give_them_too(opened: Opened) -> None:
    given = given_to(opened)
    expected = places(opened, opened(device="cpu").run(given))
    found = places(opened, opened(device="cuda", precision="float16", cuda="compiled").run(given))
    for one, other in zip(found, expected, strict=True):
        assert np.abs(one - other).max() < 0.012 * (1.0 if other.max() <= 1.0 else 16.0)


def test_batches_of_every_length_are_answered_in_full_and_in_order() -> None:
    given = given_to(reader)
    many = np.concatenate([given] * 9)
    session = reader(device="cuda", precision="float16", cuda="graphs")
    [alone] = session.run(many[:1])
    for count in (0, 1, 2, 5, 16, 17, 64, 65, 72):
        [found] = session.run(many[:count])
        assert len(found) == count
        assert np.allclose(np.exp(found[::8]), np.exp(np.repeat(alone, len(found[::8]), axis=0)), atol=0.02)


def test_threads_that_capture_and_replay_beside_one_another_get_their_own_answers() -> None:
    sessions = {
        opened: opened(device="cuda", precision="float16", cuda="graphs") for opened in (rough, corners, reader)
    }
    wrong: list[str] = []

    def ask(opened: Opened) -> None:
        given, session = given_to(opened), sessions[opened]
        first = {count: session.run(given[:count]) for count in range(1, len(given) + 1)}
        for _ in range(20):
            for count, expected in first.items():
                found = session.run(given[:count])
                if not all(np.allclose(one, other, atol=0.05) for one, other in zip(found, expected, strict=True)):
                    wrong.append(opened.__name__)

    threads = [threading.Thread(target=ask, args=(opened,)) for opened in sessions for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not wrong


@pytest.mark.parametrize("precision", ["auto", "float32"])
def test_as_the_settings_come_a_cuda_node_finds_and_reads_what_openvino_does(precision: str) -> None:
    found = []
    for inference in (
        InferenceSettings(precision=precision),  # type: ignore[arg-type]
        InferenceSettings(runtime="openvino", precision="float32"),
    ):
        reader = bootstrap_reading.plate_reader(Settings(inference=inference))
        found.append(list(asked_as_an_actor_is(reader)))
        assert ("float16" in reader.version) is (inference.quickest == "float16")
        reader.close()
    check(*found, pixels=1.0 if precision == "auto" else 0.1, sure=0.02)
