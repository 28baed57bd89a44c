"""What the torch sessions of detect and recognise share. The networks and the meaning of their outputs are theirs.

Promise: `NetworkSession` is a `Session`: float32 or uint8 in, float32 out, the first axis is the batch. `raw` computes
in the precision asked for, `finish` in float32 what becomes of that (places, probabilities). On a processor batches
are computed as they come; there it is the reference. On a CUDA device batches are padded to a few lengths, so that
few shapes have to be captured as graphs (`cuda_graphs.py`); pictures are not padded further than they are, because the
networks weigh channels by the mean of the whole picture, and padding would count for it.

Half precision is as autocasting has it: layers of products take and give it; what sums many numbers (norms, softmax) is
left in float32 on a CUDA device. Weights are narrowed once, not at every call.

No GPU was at hand when this was written: nothing here was measured on one, see DECISIONS.md.

On failure: NotFound or BadInput when the weights cannot be opened or lack a parameter; BadInput when a batch does not
fit; Unavailable where a CUDA device was asked for and torch finds none; FloatingPointError where half precision was too
narrow, because nothing that compares with NaN is ever found, and an empty road must not look like that.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pipeline.errors import BadInput, Unavailable
from pipeline.inference.cuda_graphs import MOST_GRAPHS, Graphs
from pipeline.inference.precision import Precision
from pipeline.inference.session import Batch, Given, check_shape, is_small, worth_at_once
from pipeline.inference.settings import Cuda

_KINDS: dict[Precision, torch.dtype] = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
_LENGTHS, _SMALL_LENGTHS = (1, 2, 4, 8, 16), (1, 4, 16, 64)
"""Of batches in graphs. A picture that is only padding costs as much as another; a plate costs next to nothing."""
_ONE_CAPTURES = threading.Lock()
Outputs = tuple[Tensor, ...]


class NetworkSession:
    """Runs a network on `device`: on a CUDA device where torch finds one and none is named.

    `threads` 0 leaves torch's own choice. `shape` is the input's, None where any length will do. `lengths` are those
    that batches are padded to; not given, there are some where graphs are replayed, and none elsewhere.
    """

    def __init__(
        self,
        network: nn.Module,
        raw: Callable[[Tensor], Outputs],
        finish: Callable[[Outputs], Outputs],
        shape: tuple[int | None, ...],
        *,
        threads: int = 0,
        precision: Precision = "float32",
        cuda: Cuda = "eager",
        device: Literal["cpu", "cuda"] | None = None,
        lengths: tuple[int, ...] | None = None,
    ) -> None:
        if precision not in _KINDS:
            raise BadInput(f"torch computes in {', '.join(_KINDS)} here, not in {precision}")
        if threads:
            torch.set_num_threads(threads)
        self._device = _device(device)
        self._kind = _KINDS[precision]
        self._shape = shape
        self._raw, self._finish = raw, finish
        network.eval().to(self._device)
        narrow(network, self._kind)
        on_cuda = self._device.type == "cuda"
        if on_cuda:
            # The detector's pictures come channels last, and every layer would turn its weights about at each call.
            network.to(memory_format=torch.channels_last)
            # TF32 has 10 bits of float32's fraction, and cuDNN uses it unasked: float32 is to mean float32.
            torch.backends.cudnn.allow_tf32 = False
        compute = self._computed
        if cuda == "compiled":
            # its overloads leave out the last two
            fused: Any = torch.compile
            # One code for each shape, all in one piece: too many, or one in pieces, is an error and not a slow answer.
            compute = fused(
                compute, dynamic=False, fullgraph=True, recompile_limit=MOST_GRAPHS + 1, isolate_recompiles=True
            )
        replays = on_cuda and cuda != "eager"
        self._answer = Graphs(compute, self._device).answer if replays else compute
        self._moves = on_cuda and not replays
        if lengths is None:
            lengths = (_SMALL_LENGTHS if is_small(shape) else _LENGTHS) if replays else ()
        self._lengths = lengths
        self.at_once = lengths[-1] if lengths else worth_at_once(shape)
        self._one_caller = _ONE_CAPTURES if on_cuda else threading.Lock()

    @torch.inference_mode()
    def run(self, batch: Given) -> list[Batch]:
        """Return the network's outputs for `batch`."""
        check_shape(batch, self._shape)
        if not len(batch):
            return [output[:0] for output in self.run(np.zeros((1, *batch.shape[1:]), batch.dtype))]
        most = self._lengths[-1] if self._lengths else len(batch)
        with self._one_caller:
            found = [self._answered(batch[at : at + most]) for at in range(0, len(batch), most)]
        return found[0] if len(found) == 1 else [np.concatenate(parts) for parts in zip(*found, strict=True)]

    def _answered(self, piece: Given) -> list[Batch]:
        given = self._padded(piece)
        outputs = self._answer(given.to(self._device, non_blocking=True) if self._moves else given)
        # Fetched and copied before anybody else's turn: a graph writes the next answer to the same place.
        found = [output[: len(piece)].to("cpu", copy=True).numpy() for output in outputs]
        if self._kind != torch.float32 and not all(np.isfinite(one).all() for one in found):
            raise FloatingPointError(f"{self._kind} is too narrow for these weights: set precision to float32")
        return found

    def _padded(self, piece: Given) -> Tensor:
        """Return the piece with zeros up to the next of the lengths, where a CUDA device can fetch it by itself."""
        length = next((one for one in self._lengths if one >= len(piece)), len(piece))
        plain = torch.from_numpy(np.require(piece, requirements=["C", "W"]))
        on_cuda = self._device.type == "cuda"
        if length == len(piece) and not on_cuda:
            return plain
        padded = torch.zeros((length, *piece.shape[1:]), dtype=plain.dtype, pin_memory=on_cuda)
        padded[: len(piece)] = plain
        return padded

    def _computed(self, given: Tensor) -> Outputs:
        narrowed = self._kind != torch.float32
        with torch.autocast(self._device.type, self._kind, enabled=narrowed, cache_enabled=False):
            outputs = self._raw(given)
        return tuple(output.float() for output in self._finish(tuple(output.float() for output in outputs)))


def load(network: nn.Module, parameters: Mapping[str, NDArray[np.float32]], source: str) -> None:
    """Give `network` the parameters, which came from `source`."""
    missing = sorted(set(network.state_dict()) - set(parameters))
    if missing:
        raise BadInput(f"{source} lacks {len(missing)} parameters, among them {missing[0]}")
    network.load_state_dict({name: torch.from_numpy(parameters[name]) for name in network.state_dict()})


def narrow(network: nn.Module, kind: torch.dtype) -> None:
    """Keep the parameters as `kind`, but for those of norms, which autocasting computes in float32."""
    for part in network.modules():
        if not isinstance(part, nn.LayerNorm):
            for parameter in part.parameters(recurse=False):
                parameter.data = parameter.data.to(kind)


def _device(named: Literal["cpu", "cuda"] | None) -> torch.device:
    found = torch.cuda.is_available()
    if named == "cuda" and not found:
        raise Unavailable(
            "there is a CUDA driver, but torch finds no device that it can use (nvidia-smi tells more); where "
            "CUDA_VISIBLE_DEVICES is set to nothing the processor computes"
        )
    return torch.device(named or ("cuda" if found else "cpu"))
