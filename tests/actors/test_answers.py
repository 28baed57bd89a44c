"""What callers are told of errors, and how often the log of the process is."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Any

import grpc
import pytest

from actors.services.around import Call, Message
from actors.services.interceptors import Tell
from actors.services.status import Answers
from pipeline import errors, metrics
from pipeline.errors import AnprError, IntegrityError, Unavailable
from tests.support.clock import ManualClock

METHOD = "anpr.v1.SearchService", "Search"
AWAY = "the service cannot answer now; try again"


class AContext:
    """Holds what a caller is told."""

    def __init__(self) -> None:
        self.told: list[tuple[grpc.StatusCode, str]] = []

    async def abort(self, code: grpc.StatusCode, said: str) -> None:
        self.told.append((code, said))


def disk_is_full(number: int) -> None:
    raise Unavailable(f"the disk is full: {number}")


def disk_is_gone(number: int) -> None:
    raise Unavailable(f"the disk is gone: {number}")


def damaged(number: int) -> None:
    raise IntegrityError(f"the file is damaged: {number}")


def broken(number: int) -> None:
    raise KeyError(number)


CODES = {
    errors.SettingsError: "INTERNAL",
    errors.BadInput: "INVALID_ARGUMENT",
    errors.OutOfTurn: "FAILED_PRECONDITION",
    errors.NotFound: "NOT_FOUND",
    errors.Forgotten: "OUT_OF_RANGE",
    errors.AccessDenied: "PERMISSION_DENIED",
    errors.Unidentified: "UNAUTHENTICATED",
    errors.Refused: "PERMISSION_DENIED",
    errors.Unavailable: "UNAVAILABLE",
    errors.Overloaded: "RESOURCE_EXHAUSTED",
    errors.IntegrityError: "DATA_LOSS",
}


def test_every_error_of_the_project_has_its_code_and_what_is_inside_is_not_told() -> None:
    ours = {one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, AnprError)}
    assert ours - {AnprError} == set(CODES)
    answers, inside = Answers(ManualClock()), "/var/anpr/journal.db"
    for kind, code in CODES.items():
        told = answers.to(kind(inside))
        assert told[0].name == code
        # what a caller can mend is told as it is, and what only this side can is not
        assert (inside in told[1]) == (code not in ("INTERNAL", "DATA_LOSS", "UNAVAILABLE"))


def test_callers_whose_calls_cannot_be_answered_fill_no_log_and_each_is_told_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, context = ManualClock(), AContext()
    tell = Tell(clock)

    async def fail(failing: Any, number: int, call: Call) -> None:
        failing(number)

    async def call(failing: Any, times: int = 1) -> None:
        for number in range(times):
            given: Any = Message(b"", bytes)
            made: Any = Call(method="/" + "/".join(METHOD), stream=False, context=context, given=given)  # type: ignore[arg-type]
            try:
                await tell.around(made, partial(fail, failing, number))
            except Unavailable:
                continue

    def counted() -> float:
        return metrics.SERVICE_REQUESTS.labels(*METHOD, "UNAVAILABLE")._value.get()

    before = counted()
    asyncio.run(call(disk_is_full, 500))
    asyncio.run(call(disk_is_gone))
    clock.advance(10)
    asyncio.run(call(disk_is_full))
    said = "a call could not be answered: the disk is"
    assert caplog.messages == [
        *[f"{said} full: {number}" for number in range(30)],
        f"{said} gone: 0",
        f"{said} full: 0, 471 times",
    ]
    assert context.told == [(grpc.StatusCode.UNAVAILABLE, AWAY)] * 502
    assert counted() - before == 502


@pytest.mark.parametrize("failing", [damaged, broken])
def test_nor_do_those_who_find_a_fault_of_the_service(failing: Any, caplog: pytest.LogCaptureFixture) -> None:
    answers = Answers(ManualClock())
    for number in range(100):
        try:
            failing(number)
        except (IntegrityError, KeyError) as error:
            code, said = answers.to(error)
            assert code in (grpc.StatusCode.DATA_LOSS, grpc.StatusCode.INTERNAL)
            assert said == "the service has a fault of its own; its log says which"
    assert [one.levelno for one in caplog.records] == [logging.ERROR] * 30
