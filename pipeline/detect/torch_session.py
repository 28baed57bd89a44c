"""Runs the detector's networks in torch: the reference for the other runtimes, and the one for graphics processors.

Promise: a `Session`: float32 or uint8 images batch x height x width x 3 in; what that look's network
returns, as float32, out.

On failure: as `pipeline/inference/torch_session.py` says.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pipeline.detect.corner_network import CornerNetwork
from pipeline.detect.network import PlateNetwork
from pipeline.detect.windows import HEIGHT, WIDTH
from pipeline.inference.precision import Precision
from pipeline.inference.settings import Cuda
from pipeline.inference.torch_session import NetworkSession, Outputs, load
from pipeline.inference.weights import parameters_of


class TorchSession(NetworkSession):
    """A network in torch. `threads` 0 leaves torch's own choice; see `NetworkSession` for the rest."""

    def __init__(
        self,
        path: Path,
        threads: int = 0,
        look: Literal["rough", "corners"] = "rough",
        *,
        precision: Precision = "float32",
        cuda: Cuda = "eager",
        device: Literal["cpu", "cuda"] | None = None,
        lengths: tuple[int, ...] | None = None,
    ) -> None:
        network: PlateNetwork | CornerNetwork = PlateNetwork() if look == "rough" else CornerNetwork()
        load(network, parameters_of(path), f"{path}, which is to be a detector's,")

        def finish(outputs: Outputs) -> Outputs:
            if isinstance(network, PlateNetwork):
                centre, corners, two_line = outputs
                return centre.sigmoid(), corners, two_line.sigmoid()
            # A corner is the mean of 512 places: in half precision that alone would be off by parts of a pixel.
            maps, plate, two_line = outputs
            return network.placed(maps), plate.sigmoid(), two_line.sigmoid()

        super().__init__(
            network,
            network.raw,
            finish,
            (None, None, None, 3) if look == "rough" else (None, HEIGHT, WIDTH, 3),
            threads=threads,
            precision=precision,
            cuda=cuda,
            device=device,
            lengths=lengths,
        )
