"""`AlertService` over a real port: told at least once, resumed from cursors, and nobody slow holds anybody else."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest

from pipeline.domain.read import ReadId
from protos.anpr.v1 import alert_pb2
from tests.support.alert_service import DESK, Request, Starting, Watching, an_office, calling, code_of, served
from tests.support.alerts import KeptRecords, Office, an_alerted_hit
from tests.support.builders import PATCH, a_record
from tests.support.people_services import HOSTILE

_PAUSE = threading.Event()
REFUSALS = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.PERMISSION_DENIED,
)


def grow(office: Office, hits: int, **of_voi: Any) -> None:
    start = len(office.log.hits)
    office.log.hits += [an_alerted_hit(start + number, **of_voi) for number in range(hits)]
    office.run()


def await_acknowledgement(office: Office, name: str, cursor: int) -> None:
    """Return when the acknowledgement, which is on its way, has arrived."""
    for _ in range(1200):
        if office.book.acknowledged(f"this-machine/dispatcher/{name}") == cursor:
            return
        _PAUSE.wait(0.05)
    raise AssertionError("the acknowledgement never arrived")


def test_a_watch_is_told_what_was_what_comes_and_after_a_break_what_was_not_acknowledged(tmp_path: Path) -> None:
    office = an_office(tmp_path, 2)
    with served(office) as port, calling(port) as stub:
        watching = Watching(stub, "desk-1")
        assert watching.take(2) == [1, 2]
        grow(office, 1)
        assert watching.take(1) == [3]
        watching.acknowledge(2)
        grow(office, 1)
        assert watching.take(1) == [4]
        await_acknowledgement(office, "desk-1", 2)
        watching.end()
        again = Watching(stub, "desk-1")
        assert again.take(2) == [3, 4]
        again.end()
        elsewhere = Watching(stub, "desk-2", after=3)
        assert elsewhere.take(1) == [4]
        elsewhere.end()


def test_a_server_that_comes_back_goes_on_where_its_subscribers_were(tmp_path: Path) -> None:
    office = an_office(tmp_path, 3)
    with served(office) as port, calling(port) as stub:
        watching = Watching(stub, "desk")
        watching.take(3)
        watching.acknowledge(2)
        await_acknowledgement(office, "desk", 2)
    office.book.close()
    again = Office(tmp_path)
    with served(again) as port, calling(port) as stub:
        watching = Watching(stub, "desk")
        assert watching.take(1) == [3]
        watching.end()


def test_subscribers_that_stop_reading_keep_nobody_waiting_and_nothing_in_memory(tmp_path: Path) -> None:
    office = an_office(tmp_path, 0, watch_unacknowledged=10_000, batch_hits=1000)
    with served(office) as port, calling(port) as stub, calling(port) as other:
        stuck = [Watching(stub, f"stuck-{number}") for number in range(20)]
        reading = Watching(other, "reading", after=0)
        # 9 MB for each: far more than the windows of a connection hold
        grow(office, 150, reason="x" * 60_000)
        assert reading.take(150) == list(range(1, 151))
        before = psutil.Process().memory_info().rss
        grow(office, 150, reason="x" * 60_000)
        assert reading.take(150) == list(range(151, 301))
        assert len(other.ListAlerts(alert_pb2.ListAlertsRequest(recipients=DESK, page_size=10)).alerts) == 10
        # Another 180 MB would be held for the others if they were not left in the book. What the allocator keeps of
        # messages that have been sent varies by some 30 MB.
        assert psutil.Process().memory_info().rss - before < 90e6
        assert stuck[7].take(300) == list(range(1, 301))
        for one in (reading, *stuck):
            one.end()


def test_a_subscriber_that_stopped_reading_is_cut_off_and_told_the_rest_when_it_comes_back(tmp_path: Path) -> None:
    # long enough for an acknowledgement on a busy machine
    office = an_office(tmp_path, 0, watch_unacknowledged=8, watch_stalled_after_seconds=5.0)
    with served(office) as port, calling(port) as stub:
        stuck = Watching(stub, "desk")
        grow(office, 20)
        assert stuck.take(3) == [1, 2, 3]
        stuck.acknowledge(3)
        assert stuck.take(8) == list(range(4, 12))
        assert code_of(lambda: stuck.take(1)) is grpc.StatusCode.RESOURCE_EXHAUSTED
        resumed = Watching(stub, "desk")
        assert resumed.take(8) == list(range(4, 12))
        stuck.end()
        resumed.end()


def test_a_subscriber_that_acknowledges_nothing_is_told_no_more_and_then_cut_off(tmp_path: Path) -> None:
    office = an_office(tmp_path, 10, watch_unacknowledged=4, watch_stalled_after_seconds=0.2)
    with served(office) as port, calling(port) as stub:
        watching = Watching(stub, "desk")
        assert watching.take(4) == [1, 2, 3, 4]
        assert code_of(lambda: watching.take(1)) is grpc.StatusCode.RESOURCE_EXHAUSTED
        watching.end()


def test_many_watch_at_once_and_each_is_told_everything(tmp_path: Path) -> None:
    office = an_office(tmp_path, 0)
    with served(office) as port, calling(port) as stub:
        watching = [Watching(stub, f"desk-{number}") for number in range(30)]
        told: dict[int, list[int]] = {}

        def read(at: int) -> None:
            told[at] = watching[at].take(20)

        threads = [threading.Thread(target=read, args=(at,)) for at in range(30)]
        for thread in threads:
            thread.start()
        grow(office, 20)
        for thread in threads:
            thread.join()
        assert all(told[at] == list(range(1, 21)) for at in range(30))
        for one in watching:
            one.end()


def test_no_alert_is_actioned_over_the_wire_before_its_image_was_confirmed(tmp_path: Path) -> None:
    office = an_office(tmp_path, 1)
    with served(office) as port, calling(port) as stub:
        (alert,) = stub.ListAlerts(alert_pb2.ListAlertsRequest(recipients=DESK)).alerts

        def advance(state: int, person: str = "") -> alert_pb2.Alert:
            request = alert_pb2.AdvanceAlertRequest(
                alert_id=alert.alert_id, recipients=DESK, state=state, person=person, note="as wanted"
            )
            return stub.AdvanceAlert(request).alert

        actioned = alert_pb2.ALERT_STATE_ACTIONED
        assert code_of(lambda: advance(actioned)) is grpc.StatusCode.FAILED_PRECONDITION
        advance(alert_pb2.ALERT_STATE_SEEN)
        assert code_of(lambda: advance(actioned)) is grpc.StatusCode.FAILED_PRECONDITION
        assert code_of(lambda: advance(alert_pb2.ALERT_STATE_CONFIRMED, "PC 1")) is grpc.StatusCode.PERMISSION_DENIED
        assert code_of(lambda: advance(99)) is grpc.StatusCode.INVALID_ARGUMENT
        advance(alert_pb2.ALERT_STATE_CONFIRMED)
        assert [step.person for step in advance(actioned).history] == ["dispatcher"] * 3


def test_one_who_was_not_told_cannot_see_or_touch_an_alert(tmp_path: Path) -> None:
    office = an_office(tmp_path, 1)
    (alert,) = office.desk.listed(DESK).alerts
    with served(office) as port, calling(port) as stub:
        others = ["press-office"]
        get = alert_pb2.GetAlertRequest(alert_id=alert.alert_id, recipients=others)
        step = alert_pb2.AdvanceAlertRequest(
            alert_id=alert.alert_id, recipients=others, state=alert_pb2.ALERT_STATE_SEEN
        )
        assert code_of(lambda: stub.GetAlert(get)) is grpc.StatusCode.PERMISSION_DENIED
        assert code_of(lambda: stub.AdvanceAlert(step)) is grpc.StatusCode.PERMISSION_DENIED
        nobody = alert_pb2.ListAlertsRequest()
        assert code_of(lambda: stub.ListAlerts(nobody)) is grpc.StatusCode.INVALID_ARGUMENT


def test_the_pictures_come_with_an_alert_when_they_are_asked_for(tmp_path: Path) -> None:
    record = a_record(read_id=ReadId(f"{0:032x}"))
    office = Office(tmp_path, [an_alerted_hit(0)], records=[KeptRecords([record])])
    office.run()
    (alert,) = office.desk.listed(DESK).alerts
    with served(office) as port, calling(port) as stub:
        request = alert_pb2.GetAlertRequest(alert_id=alert.alert_id[:6], recipients=DESK, with_pictures=True)
        assert stub.GetAlert(request).patch == PATCH
        assert stub.GetAlert(alert_pb2.GetAlertRequest(alert_id=alert.alert_id, recipients=DESK)).patch == b""


@pytest.mark.parametrize(
    "first",
    [
        Request(acknowledged_cursor=1),
        Request(start=Starting(subscriber="desk")),
        Request(start=Starting(subscriber="desk", recipients=DESK, after_cursor=99)),
        Request(),
    ],
)
def test_a_watch_that_begins_wrongly_is_told_so(tmp_path: Path, first: alert_pb2.WatchAlertsRequest) -> None:
    with served(an_office(tmp_path, 1)) as port, calling(port) as stub:
        assert code_of(lambda: next(stub.WatchAlerts(iter([first])))) is grpc.StatusCode.INVALID_ARGUMENT


def test_a_service_with_a_fault_of_its_own_does_not_tell_callers_which(tmp_path: Path) -> None:
    office = an_office(tmp_path, 1)
    office.book._writer.execute("UPDATE alerts SET content = x'ff'")
    with served(office) as port, calling(port) as stub, pytest.raises(grpc.RpcError) as raised:
        stub.ListAlerts(alert_pb2.ListAlertsRequest(recipients=DESK))
    assert "restore" not in raised.value.details()  # type: ignore[attr-defined]


def test_hostile_texts_in_every_field_find_nothing_and_break_nothing(tmp_path: Path) -> None:
    with served(an_office(tmp_path, 1)) as port, calling(port) as stub:
        (alert,) = stub.ListAlerts(alert_pb2.ListAlertsRequest(recipients=DESK)).alerts
        for text in HOSTILE:
            seen = {"alert_id": alert.alert_id, "recipients": DESK, "state": alert_pb2.ALERT_STATE_SEEN}
            calls = [
                stub.ListAlerts.future(alert_pb2.ListAlertsRequest(recipients=[text])),
                stub.ListAlerts.future(alert_pb2.ListAlertsRequest(recipients=DESK, page_token=text)),
                stub.GetAlert.future(alert_pb2.GetAlertRequest(alert_id=text, recipients=DESK)),
                stub.AdvanceAlert.future(alert_pb2.AdvanceAlertRequest(**seen | {"alert_id": text})),
                stub.AdvanceAlert.future(alert_pb2.AdvanceAlertRequest(**seen, person=text)),
            ]
            for call in calls:
                assert call.exception() is not None
                assert call.code() in REFUSALS
                assert text not in call.details()
        assert stub.GetAlert(alert_pb2.GetAlertRequest(alert_id=alert.alert_id, recipients=DESK)).alert == alert
