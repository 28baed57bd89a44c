"""Pieces beside plates show none of the plate."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from training.recogniser import unread


def test_pieces_beside_a_plate_show_none_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.zeros((200, 400, 3), np.uint8)
    pixels[90:110, 150:250] = 255
    frame = SimpleNamespace(boxes=np.array([[150, 90, 250, 110]], np.float32), pixels=lambda: pixels)
    monkeypatch.setattr(unread, "dashcam", lambda root, held_out: [frame] * 60 if not held_out else [])
    pieces = list(unread._beside(np.random.default_rng(2), Path()))
    assert len(pieces) == 60
    assert all(piece.shape == (48, 192, 3) and piece.max() == 0 for piece in pieces)


def test_pieces_beyond_the_picture_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.zeros((24, 104, 3), np.uint8)
    frame = SimpleNamespace(boxes=np.array([[2, 2, 102, 22]], np.float32), pixels=lambda: pixels)
    monkeypatch.setattr(unread, "dashcam", lambda root, held_out: [frame] * 10)
    assert list(unread._beside(np.random.default_rng(2), Path())) == []
