"""In half precision a network learns the same thing: near answers, gradients in float32, the same names of weights."""

import torch

from pipeline.recognise.network import HEIGHT, WIDTH, Network
from training.precision import half, memory_kept


def test_half_precision_answers_nearly_as_float32_and_keeps_weights_as_they_are() -> None:
    torch.manual_seed(3)
    network = Network().eval()
    patches = torch.rand(2, 3, HEIGHT, WIDTH) * 255
    names = list(network.state_dict())
    with torch.no_grad():
        exact = network(patches)
        halved = half(network)(patches).float()
    assert not torch.equal(halved, exact), "nothing was computed otherwise"
    assert torch.allclose(halved.exp(), exact.exp(), atol=0.02)
    assert list(network.state_dict()) == names
    assert {value.dtype for value in network.state_dict().values()} == {torch.float32}


def test_gradients_reach_every_weight_in_float32() -> None:
    memory_kept()
    network = Network()
    half(network)(torch.rand(1, 3, HEIGHT, WIDTH) * 255).float().square().mean().backward()
    for name, value in network.named_parameters():
        assert value.grad is not None, name
        assert value.grad.dtype == torch.float32
