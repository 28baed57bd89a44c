"""Draws the loss of a run over its steps."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import torch

mpl.use("Agg")
from matplotlib import pyplot

_WINDOW = 100


def draw_curve(checkpoint: Path, picture: Path) -> None:
    """Write the running mean of the checkpoint's losses to `picture`."""
    losses = np.asarray(torch.load(checkpoint, weights_only=True)["losses"])
    window = min(_WINDOW, len(losses))
    smooth = np.convolve(losses, np.ones(window) / window, mode="valid")
    figure, axes = pyplot.subplots(figsize=(8, 4))
    axes.plot(np.arange(len(smooth)) + window, smooth)
    axes.set(xlabel="step", ylabel=f"CTC loss, mean of {window} steps", yscale="log")
    figure.savefig(picture, dpi=110)
    pyplot.close(figure)
