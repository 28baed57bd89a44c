"""Runs the detector's networks in torch: the reference for the other runtimes, and the one for graphics processors.

Promise: a `Session`: float32 or uint8 images batch x height x width x 3 in; what that look's network
returns, as float32, out.

On failure: NotFound or BadInput when the weights cannot be opened or lack a parameter.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import torch

from pipeline.detect.corner_network import CornerNetwork
from pipeline.detect.network import PlateNetwork
from pipeline.errors import BadInput
from pipeline.inference.session import Batch, Given
from pipeline.inference.weights import parameters_of


class TorchSession:
    """A network in eager torch, on a CUDA device if there is one. `threads` 0 leaves torch's own choice."""

    def __init__(self, path: Path, threads: int = 0, look: Literal["rough", "corners"] = "rough") -> None:
        if threads:
            torch.set_num_threads(threads)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        network: PlateNetwork | CornerNetwork = PlateNetwork() if look == "rough" else CornerNetwork()
        parameters = parameters_of(path)
        missing = sorted(set(network.state_dict()) - set(parameters))
        if missing:
            raise BadInput(f"{path} lacks {len(missing)} of the detector's parameters, among them {missing[0]}")
        network.load_state_dict({name: torch.from_numpy(parameters[name]) for name in network.state_dict()})
        self._network = network.eval().to(self._device)

    @torch.inference_mode()
    def run(self, batch: Given) -> list[Batch]:
        """Return the network's outputs for `batch`."""
        if batch.dtype not in (np.float32, np.uint8) or batch.ndim != 4 or batch.shape[3] != 3:
            got = f"{batch.dtype} {batch.shape}"
            raise BadInput(f"the detector takes float32 or uint8 batch x height x width x 3, got {got}")
        outputs = self._network(torch.from_numpy(np.ascontiguousarray(batch)).to(self._device))
        return [np.asarray(output.cpu().numpy(), np.float32) for output in outputs]
