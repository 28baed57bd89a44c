"""Runs the recogniser's networks in torch: the reference for the other runtimes, and the one for graphics processors.

Promise: a `Session`: float32 or uint8 N x 3 x 48 x 192 in, one float32 array N x 24 x 37 of log probabilities out.

On failure: as `pipeline/inference/torch_session.py` says.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from torch import Tensor

from pipeline.inference.precision import Precision
from pipeline.inference.settings import Cuda
from pipeline.inference.torch_session import NetworkSession, Outputs, load
from pipeline.inference.weights import parameters_of
from pipeline.recognise.network import HEIGHT, WIDTH, Network, widths_of
from pipeline.recognise.small_network import SmallNetwork

_ONLY_IN_SMALL = "trunk.0.convolution.weight"


class TorchSession(NetworkSession):
    """The network in torch. `threads` 0 leaves torch's own choice; see `NetworkSession` for the rest."""

    def __init__(
        self,
        path: Path,
        threads: int = 0,
        *,
        precision: Precision = "float32",
        cuda: Cuda = "eager",
        device: Literal["cpu", "cuda"] | None = None,
        lengths: tuple[int, ...] | None = None,
    ) -> None:
        parameters = parameters_of(path)
        network = SmallNetwork() if _ONLY_IN_SMALL in parameters else Network(widths_of(parameters))
        load(network, parameters, f"{path}, which is to be a recogniser's,")

        def read(patches: Tensor) -> Outputs:
            return (network(patches),)

        super().__init__(
            network,
            read,
            lambda outputs: outputs,
            (None, 3, HEIGHT, WIDTH),
            threads=threads,
            precision=precision,
            cuda=cuda,
            device=device,
            lengths=lengths,
        )
