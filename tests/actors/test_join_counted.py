"""What the endpoint for cameras of other makers counts of their messages, and knows of when they last sent one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from actors.join_server import JoinServer
from pipeline.clock import SystemClock
from pipeline.domain.sharing import Fault, Organisation, Outcome, Taken
from pipeline.errors import Unavailable
from pipeline.join.desk import JoinDesk
from pipeline.join.settings import Format
from tests.support.clock import ManualClock
from tests.support.counted import counted
from tests.support.join_endpoint import PLAIN, KeptIntake, calling, every_format, everybody, post
from tests.support.joined import MESSAGES


class AllAside(KeptIntake):
    """An intake to which every clock is wrong."""

    def take(self, sender: Organisation, records: Sequence[bytes], *, sent_at: datetime | None = None) -> list[Outcome]:
        return [Outcome(taken=Taken.QUARANTINED, fault=Fault.FUTURE) for _ in records]


def test_what_a_sender_sent_is_counted_by_what_became_of_it_and_its_last_message_is_known(
    tmp_path: Path,
) -> None:
    clock, intake = ManualClock(), KeptIntake()
    opened_at = clock.now().timestamp()
    outcomes = ("taken", "put-aside", "refused", "failed")
    before = {one: counted("anpr_join_messages_total", sender="onvif", outcome=one) for one in outcomes}
    reads = counted("anpr_reads_total", camera="join:onvif")
    timed = counted("anpr_join_seconds_count", sender="onvif")
    server = JoinServer(replace(PLAIN, senders=every_format(tmp_path)), JoinDesk(intake, everybody, clock), clock)
    with calling(server.start()) as pool:
        assert server.status()["onvif"].heard_at == 0.0
        clock.advance(60)
        for _ in range(2):
            assert post(pool, "onvif", *MESSAGES[Format.ONVIF]).status == 200
        clock.advance(60)
        assert post(pool, "onvif", b"no XML").status == 422
        intake.trouble = Unavailable("the disk is full")
        assert post(pool, "onvif", *MESSAGES[Format.ONVIF]).status == 503
        assert post(pool, "onvif", *MESSAGES[Format.ONVIF], secret="not its password at all").status == 401
        known = server.status()["onvif"]
        strangers = counted("anpr_join_messages_total", sender="unknown", outcome="denied")
        for number in range(20):
            assert post(pool, f"stranger-{number}", *MESSAGES[Format.ONVIF]).status == 401
        assert server.status()["bof2"].heard_at == 0.0
    server.stop()
    # whatever strangers call themselves, they are one
    assert counted("anpr_join_messages_total", sender="unknown", outcome="denied") - strangers == 20
    assert counted("anpr_join_messages_total", sender="stranger-0", outcome="denied") == 0
    assert (known.waited_since, known.heard_at) == (opened_at, opened_at + 60)
    assert (known.taken, known.not_taken) == (2, 2)
    grown = {one: counted("anpr_join_messages_total", sender="onvif", outcome=one) - before[one] for one in outcomes}
    assert grown == {"taken": 2, "put-aside": 0, "refused": 1, "failed": 1}
    assert counted("anpr_join_seconds_count", sender="onvif") - timed == 4
    # the second was a repeat: one read
    assert counted("anpr_reads_total", camera="join:onvif") - reads == 1


def test_a_sender_whose_reads_are_all_put_aside_is_not_heard(tmp_path: Path) -> None:
    server = JoinServer(
        replace(PLAIN, senders=every_format(tmp_path)), JoinDesk(AllAside(), everybody, SystemClock()), SystemClock()
    )
    aside = counted("anpr_join_messages_total", sender="onvif", outcome="put-aside")
    with calling(server.start()) as pool:
        assert post(pool, "onvif", *MESSAGES[Format.ONVIF]).status == 200
    server.stop()
    assert server.status()["onvif"].heard_at == 0.0
    assert counted("anpr_join_messages_total", sender="onvif", outcome="put-aside") - aside == 1
