"""What both stages' torch sessions share: batches of few lengths, half precision, and what is refused.

Half precision is tried on the processor, in the same code and with the same narrowed weights as on a CUDA device.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from pipeline.detect.detector import CORNER_WEIGHTS
from pipeline.detect.detector import WEIGHTS as ROUGH_WEIGHTS
from pipeline.detect.framing import batch_of, frame_for
from pipeline.detect.network import PlateNetwork
from pipeline.detect.torch_session import TorchSession as Detecting
from pipeline.detect.windows import window_on
from pipeline.domain.posterior import CharacterPosterior
from pipeline.errors import BadInput, Unavailable
from pipeline.inference.session import Given
from pipeline.inference.torch_session import NetworkSession, load
from pipeline.inference.weights import parameters_of
from pipeline.recognise.network import Network, widths_of
from pipeline.recognise.opening import WEIGHTS as READER_WEIGHTS
from pipeline.recognise.torch_session import TorchSession as Reading
from tests.support.drawn_cars import CORNERS, street, with_car
from tests.unit.recognise.test_golden import TRUTH, patches

PICTURES = [with_car(street(), CORNERS), with_car(street(), CORNERS + 40), street()]
BOX = np.concatenate([CORNERS.min(axis=0) - 4, CORNERS.max(axis=0) + 4])
Opened = Callable[..., NetworkSession]


def rough(**options: object) -> NetworkSession:
    return Detecting(ROUGH_WEIGHTS, 1, "rough", **options)  # type: ignore[arg-type]


def corners(**options: object) -> NetworkSession:
    return Detecting(CORNER_WEIGHTS, 1, "corners", **options)  # type: ignore[arg-type]


def reader(**options: object) -> NetworkSession:
    return Reading(READER_WEIGHTS, 1, **options)  # type: ignore[arg-type]


def given_to(opened: Opened) -> Given:
    """Drawn pictures, or what is cut out of them, for that network."""
    if opened is reader:
        return patches()
    if opened is corners:
        return np.stack([window_on(PICTURES[0], BOX + shift).pixels for shift in range(5)])
    return batch_of([frame_for(picture, 320) for picture in PICTURES])


def places(opened: Opened, outputs: list[np.ndarray]) -> list[np.ndarray]:
    """What counts of the outputs: how likely the right texts are, how likely plates, and where they are.

    Between which two steps a character begins may be anybody's guess: texts are compared, not steps.
    """
    if opened is reader:
        read = zip(outputs[0], TRUTH.values(), strict=True)
        return [
            np.exp([CharacterPosterior(log_probabilities=one).log_likelihood(notes["text"]) for one, notes in read])
        ]
    if opened is corners:
        return outputs
    scores, quads, two_line = outputs
    surest = scores.reshape(len(scores), -1).argmax(axis=1)
    there = np.stack([quad.reshape(8, -1)[:, at] for quad, at in zip(quads[:2], surest[:2], strict=True)])
    return [scores, there, two_line.reshape(len(scores), -1).take(surest[:2])]


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
@pytest.mark.parametrize("opened", [rough, corners, reader])
def test_half_precision_gives_the_answers_of_float32(opened: Opened, precision: str) -> None:
    given = given_to(opened)
    expected = places(opened, opened(device="cpu").run(given))
    found = places(opened, opened(device="cpu", precision=precision).run(given))
    # bfloat16 has 8 bits of a number, float16 11
    coarse = 8 if precision == "bfloat16" else 1
    for one, other in zip(found, expected, strict=True):
        scale = 1.0 if other.max() <= 1.0 else 16.0
        allowed = np.full_like(other, 0.012 * coarse * scale)
        if opened is reader:
            # Likelihoods: what is nearly a tie between two texts moves more than what is sure.
            allowed = coarse * (0.06 * other * (1 - other) + 0.002)
        assert (np.abs(one - other) < allowed).all()
        assert np.abs(one - other).max() > 0, "then it was computed in float32"


@pytest.mark.parametrize("opened", [rough, corners, reader])
def test_a_padded_batch_gets_the_answers_of_one_that_is_not(opened: Opened) -> None:
    given = given_to(opened)
    plain, padded = opened(device="cpu"), opened(device="cpu", lengths=(1, 2, 4))
    assert padded.at_once == 4
    for count in range(len(given) + 1):
        for one, other in zip(padded.run(given[:count]), plain.run(given[:count]), strict=True):
            assert one.shape == other.shape
            assert np.allclose(one, other, rtol=1e-4, atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("opened", [rough, corners, reader])
def test_layers_are_compiled_in_one_piece_for_every_shape(monkeypatch: pytest.MonkeyPatch, opened: Opened) -> None:
    """Up to where code is made of them: without a CUDA device there is none to be made."""
    given, fused = given_to(opened), functools.partial(torch.compile, backend="eager")
    monkeypatch.setattr(torch, "compile", fused)
    expected = opened(device="cpu", precision="bfloat16").run(given)
    session = opened(device="cpu", precision="bfloat16", cuda="compiled")
    for count in (len(given), 1):
        for one, other in zip(session.run(given[:count]), expected, strict=True):
            assert np.allclose(one, other[:count], rtol=0.1, atol=0.1)


def test_bytes_are_read_as_the_same_numbers_as_floats() -> None:
    session, given = reader(device="cpu"), patches()
    assert np.array_equal(session.run(given.astype(np.uint8))[0], session.run(given)[0])


def test_what_nobody_may_write_to_is_read_too() -> None:
    given = patches()
    given.flags.writeable = False
    assert len(reader(device="cpu").run(given)[0]) == len(given)


@pytest.mark.parametrize("opened", [rough, corners, reader])
def test_a_batch_of_another_shape_or_type_is_refused(opened: Opened) -> None:
    session, given = opened(device="cpu"), given_to(opened)
    for wrong in (given[0], given[..., :1], given.astype(np.float64)):
        with pytest.raises(BadInput):
            session.run(wrong)


def test_callers_are_told_how_much_is_worth_asking_at_once() -> None:
    assert [opened(device="cpu").at_once for opened in (rough, corners, reader)] == [8, 16, 16]


def test_what_is_too_large_for_half_precision_is_an_error_and_no_answer() -> None:
    beyond = np.full((1, 3, 48, 192), 1e9, np.float32)
    with pytest.raises(FloatingPointError, match="too narrow"):
        reader(device="cpu", precision="float16").run(beyond)


def test_a_precision_that_torch_does_not_know_here_is_refused() -> None:
    with pytest.raises(BadInput, match="int8"):
        reader(device="cpu", precision="int8")


@pytest.mark.skipif(torch.cuda.is_available(), reason="shows what happens without a CUDA device, and here is one")
def test_a_cuda_device_that_was_asked_for_is_not_replaced_in_silence() -> None:
    with pytest.raises(Unavailable, match="nvidia-smi"):
        reader(device="cuda")


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="lacks"):
        Detecting(READER_WEIGHTS, 1, "rough")
    with pytest.raises(BadInput, match="lacks"):
        Reading(ROUGH_WEIGHTS, 1)


def networks() -> list[tuple[nn.Module, Given]]:
    found: list[tuple[nn.Module, Given]] = []
    for network, path, opened in (
        (PlateNetwork(), ROUGH_WEIGHTS, rough),
        (Network(widths_of(parameters_of(READER_WEIGHTS))), READER_WEIGHTS, reader),
    ):
        load(network, parameters_of(path), str(path))
        found.append((network.eval(), given_to(opened)))
    return found


def test_no_layer_comes_near_what_float16_can_hold() -> None:
    """The largest number of float16 is 65,504; what a layer gives stays below a sixteenth of it."""
    largest = [0.0]

    def look(layer: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        largest[0] = max(largest[0], float(output.abs().max()))

    for network, given in networks():
        layers = [one for one in network.modules() if isinstance(one, nn.Conv2d | nn.Linear)]
        hooks = [layer.register_forward_hook(look) for layer in layers]
        with torch.inference_mode():
            network(torch.from_numpy(given))
        for hook in hooks:
            hook.remove()
    assert 1 < largest[0] < 65_504 / 16
