"""A network in training, the running mean of its weights, and its optimiser: kept on disk, and gone on with from there.

A checkpoint is a file of torch's with `network`, `mean`, `optimiser`, `step` and `losses`, there whole or not at all.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

Learning = TypeVar("Learning", bound=nn.Module)
_LONGEST_STEP = 5.0
"""A gradient whose norm is more is shortened to this."""


class Learner(Generic[Learning]):
    """`mean` follows the network by `decay`, faster at first."""

    def __init__(
        self, checkpoint: Path, network: Learning, optimiser: torch.optim.Optimizer, *, decay: float = 0.998
    ) -> None:
        self.network = network
        self.mean = copy.deepcopy(network).eval()
        self.losses: list[float] = []
        self._checkpoint = checkpoint
        self._optimiser = optimiser
        self._decay = decay

    def resume(self) -> int:
        """Go on from the checkpoint, if there is one; return the first step that is not done."""
        if not self._checkpoint.is_file():
            return 0
        kept = torch.load(self._checkpoint, weights_only=True)
        self.network.load_state_dict(kept["network"])
        self.mean.load_state_dict(kept["mean"])
        self._optimiser.load_state_dict(kept["optimiser"])
        self.losses = list(kept["losses"])
        return int(kept["step"])

    def learn(self, loss: Tensor, step: int) -> None:
        """Take one step down `loss`, and let the mean follow: every number of it, batch statistics too."""
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), _LONGEST_STEP)
        self._optimiser.step()
        decay = min(self._decay, (step + 1) / (step + 10))
        with torch.no_grad():
            pairs = zip(self.mean.state_dict().values(), self.network.state_dict().values(), strict=True)
            for slow, fast in pairs:
                if slow.is_floating_point():
                    slow.lerp_(fast, 1 - decay)
                else:
                    slow.copy_(fast)

    def keep(self, done: int) -> None:
        """Write the checkpoint after `done` steps."""
        state = {
            "network": self.network.state_dict(),
            "mean": self.mean.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "step": done,
            "losses": self.losses,
        }
        self._checkpoint.parent.mkdir(parents=True, exist_ok=True)
        partial = self._checkpoint.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(self._checkpoint)


def kept_mean(checkpoint: Path) -> dict[str, Any]:
    """Return the weights of the mean that a checkpoint holds."""
    state: dict[str, Any] = torch.load(checkpoint, weights_only=True)["mean"]
    return state
