"""Our reads as BOF2 calls are what our own adapter, written from the same second-hand order, takes in again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given

from pipeline.domain.read import Direction
from pipeline.errors import BadInput
from pipeline.join.bof2 import read_bof2
from pipeline.join.bof2_out import Bof2Origin, send_capture, send_compact_capture, send_compound_capture
from tests.support.builders import a_read, a_record, any_read
from tests.support.joined import OVERVIEW, PATCH, a_message

ORIGIN = Bof2Origin(signature="s3cret", username="force|21", feed=21, source=4, camera=7)


def test_a_record_goes_out_with_its_pictures_and_comes_in_again() -> None:
    record = a_record(patch=PATCH, overview=OVERVIEW)
    contents = read_bof2(a_message(send_capture(record, ORIGIN)))
    (told,) = contents.reads
    assert contents.refused == ()
    assert (told.camera, told.plate, told.patch, told.overview) == ("21/4/7", record.read.vrm, PATCH, OVERVIEW)
    assert told.captured_at == record.read.captured_at.replace(microsecond=123000)
    assert told.location == record.read.location
    assert (told.confidence, told.direction) == (0.97, Direction.APPROACHING)


@given(any_read)
def test_any_read_goes_out_compact(read: object) -> None:
    made = a_read(**{name: getattr(read, name) for name in ("vrm", "location", "direction", "confidence")})
    (told,) = read_bof2(a_message(send_compact_capture(made, ORIGIN))).reads
    assert (told.plate, told.direction) == (made.vrm, made.direction)
    assert told.confidence == pytest.approx(made.confidence, abs=0.00501)


def test_at_most_fifty_go_out_at_once() -> None:
    reads = [(a_read(captured_at=datetime(2026, 1, 5, 8, 30, n, tzinfo=UTC)), ORIGIN) for n in range(50)]
    assert len(read_bof2(a_message(send_compound_capture(reads))).reads) == 50
    with pytest.raises(BadInput, match="at most 50"):
        send_compound_capture([*reads, reads[0]])
