"""A tracker's memory survives a restart, and nothing else is taken for it."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest

from pipeline.domain.plate import CameraId
from pipeline.errors import IntegrityError
from pipeline.track.settings import TrackSettings
from pipeline.track.tracker import PassageTracker
from tests.support.sightings import CAMERA, observe_all, passing, scene, texts_of


def half_way() -> PassageTracker:
    tracker = PassageTracker(CAMERA, TrackSettings())
    observe_all(tracker, scene(passing("AB12CDE", frames=range(40)))[:20])
    return tracker


def test_a_restored_tracker_has_the_picture_that_was_kept() -> None:
    before, after = half_way(), PassageTracker(CAMERA, TrackSettings())
    after.restore(before.snapshot())
    (left,), (right,) = before.flush(), after.flush()
    kept = [[one.patch for one in passage.sightings if one.patch is not None] for passage in (left, right)]
    assert len(kept[0]) == len(kept[1]) == 1
    assert np.array_equal(kept[0][0], kept[1][0])


def test_a_snapshot_does_not_change_the_tracker() -> None:
    tracker = half_way()
    assert tracker.snapshot() == tracker.snapshot()
    assert texts_of(tracker.flush()) == ["AB12CDE"]


def test_a_restored_tracker_remembers_whom_it_has_read() -> None:
    shots = scene(passing("AB12CDE", frames=range(40)), passing("AB12CDE", frames=range(95, 135)))
    first = PassageTracker(CAMERA, TrackSettings())
    passages = observe_all(first, shots[:90])
    second = PassageTracker(CAMERA, TrackSettings())
    second.restore(first.snapshot())
    assert texts_of(passages + observe_all(second, shots[90:]) + second.flush()) == ["AB12CDE"]


@pytest.mark.parametrize("content", [b"", b"anything", b"anpr-track-0\n" + bytes(40)])
def test_bytes_that_are_no_snapshot_are_refused(content: bytes) -> None:
    with pytest.raises(IntegrityError, match="not a snapshot"):
        half_way().restore(content)


def test_a_changed_snapshot_is_refused_and_the_tracker_goes_on_as_it_was() -> None:
    tracker = half_way()
    changed = bytearray(tracker.snapshot())
    changed[-3] ^= 1
    with pytest.raises(IntegrityError, match="not a snapshot"):
        tracker.restore(bytes(changed))
    assert texts_of(tracker.flush()) == ["AB12CDE"]


@pytest.mark.parametrize("forged", [Path("x"), {"trails": []}])
def test_a_snapshot_that_holds_something_else_is_refused_even_with_a_right_digest(forged: object) -> None:
    mark = half_way().snapshot().split(b"\n", 1)[0] + b"\n"
    body = pickle.dumps(forged, protocol=5)
    with pytest.raises(IntegrityError):
        half_way().restore(mark + hashlib.sha256(body).digest() + body)


def test_a_snapshot_of_another_camera_is_refused() -> None:
    other = PassageTracker(CameraId("south-gate"), TrackSettings())
    with pytest.raises(IntegrityError, match="another camera"):
        other.restore(half_way().snapshot())
