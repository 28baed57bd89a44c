"""Runs the recogniser's networks in torch: the reference for the other runtimes, and the one for graphics processors.

Promise: a `Session`: float32 N x 3 x 48 x 192 in, one float32 array N x 24 x 37 of log probabilities out.

On failure: NotFound or BadInput when the weights cannot be opened or lack a parameter.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from pipeline.errors import BadInput
from pipeline.inference.session import Batch, Given
from pipeline.inference.weights import parameters_of
from pipeline.recognise.network import HEIGHT, WIDTH, Network, widths_of
from pipeline.recognise.small_network import SmallNetwork

_ONLY_IN_SMALL = "trunk.0.convolution.weight"


class TorchSession:
    """The network in eager torch, on a CUDA device if there is one. `threads` 0 leaves torch's own choice."""

    def __init__(self, path: Path, threads: int = 0) -> None:
        if threads:
            torch.set_num_threads(threads)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        parameters = parameters_of(path)
        network = SmallNetwork() if _ONLY_IN_SMALL in parameters else Network(widths_of(parameters))
        missing = sorted(set(network.state_dict()) - set(parameters))
        if missing:
            raise BadInput(f"{path} lacks {len(missing)} of the recogniser's parameters, among them {missing[0]}")
        network.load_state_dict({name: torch.from_numpy(parameters[name]) for name in network.state_dict()})
        self._network = network.eval().to(self._device)

    @torch.inference_mode()
    def run(self, batch: Given) -> list[Batch]:
        """Return the network's output for `batch`."""
        if batch.dtype != np.float32 or batch.shape[1:] != (3, HEIGHT, WIDTH):
            raise BadInput(f"the recogniser takes float32 N x 3 x {HEIGHT} x {WIDTH}, got {batch.dtype} {batch.shape}")
        output = self._network(torch.from_numpy(np.ascontiguousarray(batch)).to(self._device))
        return [np.asarray(output.cpu().numpy(), np.float32)]
