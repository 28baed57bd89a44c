"""Close-ups are cut as they say: the plate takes up that share of the width, as far as there is as much picture."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.close_ups import SHARES, around
from pipeline.domain.plate import Box

PICTURE = np.zeros((720, 1280, 3), np.uint8)
PICTURE[300:350, 500:700] = 255


@pytest.mark.parametrize("share", SHARES)
def test_the_plate_takes_up_the_share_of_the_width(share: float) -> None:
    close = around(PICTURE, Box(x=500, y=300, width=200, height=50), share)
    columns = np.flatnonzero(close[:, :, 0].max(axis=0) > 127)
    assert (columns[-1] - columns[0] + 1) / close.shape[1] == pytest.approx(share, abs=0.02)
    assert close.shape[1] >= 400
    assert np.count_nonzero(close[:, close.shape[1] // 2, 0] > 127) > 0


def test_no_more_is_cut_out_than_there_is() -> None:
    assert around(PICTURE, Box(x=0, y=0, width=1000, height=200), 0.4).shape == PICTURE.shape
