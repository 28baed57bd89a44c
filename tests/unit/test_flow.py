"""The flow of one camera: nothing is lost, nothing is taken for an empty road, and every read is durable once."""

from __future__ import annotations

from datetime import datetime

import pytest
from prometheus_client import REGISTRY

from pipeline.domain.plate import HeldBack
from pipeline.domain.read import ClockState, Location, digest_of
from pipeline.errors import BadInput, IntegrityError, Overloaded, Unavailable
from pipeline.settings import FeedSettings
from tests.support.flow import CAMERA, VERSION, Flowing, frame

FULL = Unavailable("the disk is full")


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, {"camera": CAMERA, **labels}) or 0.0


def test_a_vehicle_in_view_becomes_one_durable_read() -> None:
    before = counted("anpr_reads_total")
    flowing = Flowing([[0, 1], [2, 3]], road={1: ["AB12CDE"], 2: ["AB12CDE"]}, ends=[3])
    flowing.run()
    assert flowing.kept == ["AB12CDE"]
    assert [one.record for one in flowing.told] == flowing.journal.kept
    assert [(one.first_frame, one.last_frame) for one in flowing.told] == [(1, 2)]
    assert counted("anpr_reads_total") == before + 1


def test_a_read_says_where_and_how_it_was_made() -> None:
    camera = FeedSettings(url="x", feed_id="F", source_id="S", lane=2, latitude=51.0, longitude=-1.0)
    flowing = Flowing([[0]], road={0: ["AB12CDE"]}, camera=camera)
    flowing.run()
    (record,) = flowing.journal.kept
    read = record.read
    assert (read.feed_id, read.source_id, read.camera_id, read.lane) == ("F", "S", CAMERA, 2)
    assert read.location == Location(latitude=51.0, longitude=-1.0)
    assert (read.clock_state, read.model_version, read.sighting_count) == (ClockState.FILE, VERSION, 1)
    assert (read.captured_at, read.received_at) == (frame(0).captured_at, flowing.clock.now())
    assert (read.patch_digest, read.overview_digest) == (digest_of(record.patch), digest_of(record.overview))
    assert record.patch.startswith(b"\xff\xd8")
    assert record.overview.startswith(b"\xff\xd8")


class OnTheRoad:
    """A vehicle that is one degree further north every second."""

    def at(self, instant: datetime) -> Location | None:
        since = (instant - frame(0).captured_at).total_seconds()
        return Location(latitude=51.0 + since, longitude=0.0)


def test_a_read_of_a_camera_in_a_vehicle_says_where_the_vehicle_was_when_it_was_pictured() -> None:
    flowing = Flowing([[0, 1]], road={1: ["AB12CDE"]}, positions=OnTheRoad())
    flowing.run()
    (record,) = flowing.journal.kept
    assert record.read.location == Location(latitude=51.04, longitude=0.0)


def test_a_vehicle_that_does_not_know_where_it_is_still_reads_and_the_read_is_counted() -> None:
    class Nowhere:
        def at(self, instant: datetime) -> Location | None:
            return None

    before = counted("anpr_positions_missing_total")
    flowing = Flowing([[0]], road={0: ["AB12CDE"]}, positions=Nowhere())
    flowing.run()
    assert [one.read.location for one in flowing.journal.kept] == [None]
    assert counted("anpr_positions_missing_total") == before + 1


def test_frames_held_back_reach_the_tracker_without_plates_are_counted_by_reason_and_cost_no_inference() -> None:
    names = [f"anpr_frames_{why}_total" for why in ("quiet", "undecoded", "between_looks")]
    before = [counted(name) for name in names]
    why = {0: HeldBack.QUIET, 1: HeldBack.UNDECODED, 2: HeldBack.UNDECODED, 3: HeldBack.BETWEEN}
    flowing = Flowing([[0, 1], [2, 3]], road={0: ["AB12CDE"]}, held_back=why)
    flowing.run()
    assert flowing.reader.submitted == []
    assert flowing.tracker.observed == [(number, frame(number).captured_at, 0) for number in range(4)]
    assert [counted(name) - was for name, was in zip(names, before, strict=True)] == [1, 2, 1]
    assert flowing.kept == []


def test_frames_held_back_in_a_batch_do_not_shift_the_plates_of_the_others() -> None:
    flowing = Flowing(
        [[0, 1, 2, 3]],
        road={1: ["AB12CDE"], 3: ["AB12CDE", "XY34ZZZ"]},
        held_back=dict.fromkeys([0, 2], HeldBack.QUIET),
    )
    flowing.run()
    assert flowing.reader.submitted == [[1, 3]]
    assert [(number, plates) for number, _, plates in flowing.tracker.observed] == [(0, 0), (1, 1), (2, 0), (3, 2)]


def test_frames_reach_the_tracker_in_order_though_their_answers_do_not() -> None:
    flowing = Flowing([[0], [1], [2]], held=True, held_back={2: HeldBack.QUIET}, batch_frames=1, batches_in_flight=3)
    for _ in range(3):
        assert flowing.flow.step()
    flowing.reader.answer(1)
    assert flowing.tracker.observed == []
    flowing.reader.answer(0)
    flowing.run()
    assert [number for number, _, _ in flowing.tracker.observed] == [0, 1, 2]


@pytest.mark.parametrize("refusal", [FULL, Overloaded("too much waits for the disk")])
def test_a_journal_that_refuses_holds_the_read_and_gets_it_once_later(refusal: Unavailable | Overloaded) -> None:
    before = counted("anpr_journal_retries_total")
    flowing = Flowing(
        [[0], [1], [2]], road={0: ["AB12CDE"]}, ends=[0], refusals=[refusal, refusal], append_retry_seconds=2.0
    )
    assert flowing.flow.step()
    assert (flowing.flow.reads_waiting, flowing.told, flowing.feed.taken) == (1, [], 1)
    assert flowing.flow.step()
    assert (flowing.journal.asked, flowing.feed.taken) == (1, 1)
    flowing.clock.advance(2.0)
    assert flowing.flow.step()
    assert (flowing.journal.asked, flowing.feed.taken, flowing.flow.reads_waiting) == (2, 1, 1)
    flowing.clock.advance(2.0)
    assert flowing.flow.step()
    assert (flowing.kept, len(flowing.told), flowing.flow.reads_waiting) == (["AB12CDE"], 1, 0)
    flowing.run()
    assert flowing.kept == ["AB12CDE"]
    assert len(flowing.told) == 1
    assert [number for number, _, _ in flowing.tracker.observed] == [0, 1, 2]
    assert counted("anpr_journal_retries_total") == before + 2


def test_all_reads_that_end_while_the_journal_refuses_get_there_once_and_in_order() -> None:
    road = {number: [f"AB1{number}CDE"] for number in range(4)}
    flowing = Flowing([[0, 1, 2], [3]], road=road, ends=range(4), refusals=[FULL], append_retry_seconds=1.0)
    flowing.flow.step()
    assert flowing.flow.reads_waiting == 3
    flowing.run()
    assert flowing.kept == ["AB10CDE", "AB11CDE", "AB12CDE", "AB13CDE"]
    assert [one.record.read.vrm for one in flowing.told] == flowing.kept


def test_the_flow_is_not_over_before_its_last_read_is_durable() -> None:
    flowing = Flowing([[0]], road={0: ["AB12CDE"]}, refusals=[FULL, FULL], append_retry_seconds=1.0)
    flowing.flow.step()
    assert flowing.flow.step()
    assert flowing.tracker.flushes == 1
    flowing.clock.advance(1.0)
    assert flowing.flow.step()
    flowing.clock.advance(1.0)
    assert not flowing.flow.step()
    assert flowing.kept == ["AB12CDE"]
    assert flowing.tracker.flushes == 1


def test_a_refusal_is_logged_without_the_mark(caplog: pytest.LogCaptureFixture) -> None:
    Flowing([[0]], road={0: ["AB12CDE"]}, ends=[0], refusals=[FULL]).run()
    assert "the disk is full" in caplog.text
    assert "AB12CDE" not in caplog.text


def test_a_journal_that_is_damaged_is_not_tried_again() -> None:
    flowing = Flowing([[0]], road={0: ["AB12CDE"]}, ends=[0], refusals=[IntegrityError("damaged")])
    with pytest.raises(IntegrityError):
        flowing.flow.step()
    assert flowing.flow.reads_waiting == 1
    assert flowing.told == []


def test_a_feed_that_can_never_give_frames_is_no_empty_road() -> None:
    flowing = Flowing([[0], BadInput("no video in it")])
    flowing.flow.step()
    with pytest.raises(BadInput):
        flowing.flow.step()


@pytest.mark.parametrize("fault", [Unavailable("the accelerator is gone"), RuntimeError("broken model")])
def test_a_failed_inference_is_raised_and_never_an_empty_road(fault: Exception) -> None:
    flowing = Flowing([[0, 1]], held_back={0: HeldBack.QUIET}, broken=fault)
    with pytest.raises(type(fault), match=str(fault)):
        flowing.flow.step()
    assert flowing.tracker.observed == []
    assert flowing.tracker.flushes == 0


def test_the_end_of_the_stream_ends_what_is_still_in_view() -> None:
    flowing = Flowing([[0], [1]], road={0: ["AB12CDE"], 1: ["AB12CDE"]})
    flowing.run()
    assert flowing.tracker.flushes == 1
    assert flowing.kept == ["AB12CDE"]
    assert not flowing.flow.step()
    assert flowing.tracker.flushes == 1


def test_a_stream_without_a_frame_ends_without_a_read() -> None:
    flowing = Flowing([])
    assert not flowing.flow.step()
    assert (flowing.kept, flowing.journal.asked) == ([], 0)


def test_a_passage_that_nobody_could_read_is_counted_and_gives_no_read() -> None:
    before = counted("anpr_passages_rejected_total", reason="no-text")
    illegible = counted("anpr_plates_illegible_total")
    flowing = Flowing([[0, 1]], road={0: [None], 1: [None]})
    flowing.run()
    assert flowing.kept == []
    assert counted("anpr_passages_rejected_total", reason="no-text") == before + 1
    assert counted("anpr_plates_illegible_total") == illegible + 2
