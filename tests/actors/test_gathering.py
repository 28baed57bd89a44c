"""Calls that come while others wait for the disk are answered together, each with what is its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from threading import Event

import pytest

from actors.services.gathering import Gathering
from pipeline.errors import AnprError, BadInput, Unavailable


class Working:
    """Doubles numbers; waits before the first group until it may go on, and makes nothing of odd ones."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.may_go_on = Event()
        self.error: AnprError | None = None

    def __call__(self, given: Sequence[int]) -> list[int | AnprError]:
        self.groups.append(list(given))
        assert self.may_go_on.wait(30)
        if self.error is not None:
            raise self.error
        if 13 in given:
            raise ValueError("thirteen")
        return [BadInput(f"{one} is odd") if one % 2 else 2 * one for one in given]


async def asked(gathering: Gathering[int, int], *given: int) -> list[int | BaseException]:
    return await asyncio.gather(*(gathering.answer(one) for one in given), return_exceptions=True)


def test_what_comes_while_one_is_under_way_goes_together_and_each_gets_its_own_answer() -> None:
    work = Working()

    async def calls() -> list[int | BaseException]:
        gathering: Gathering[int, int] = Gathering(work, "test")
        first = asyncio.create_task(gathering.answer(2))
        while not work.groups:
            await asyncio.sleep(0)
        others = asyncio.create_task(asked(gathering, 4, 5, 6))
        await asyncio.sleep(0)
        work.may_go_on.set()
        return [await first, *await others]

    two, four, five, six = asyncio.run(calls())
    assert work.groups == [[2], [4, 5, 6]]
    assert (two, four, six) == (4, 8, 12)
    assert isinstance(five, BadInput)


def test_what_the_work_fails_of_every_call_is_told_and_the_next_are_answered() -> None:
    work = Working()
    work.may_go_on.set()

    async def calls() -> None:
        gathering: Gathering[int, int] = Gathering(work, "test")
        work.error = Unavailable("the disk is full")
        assert [type(one) for one in await asked(gathering, 2, 4)] == [Unavailable, Unavailable]
        work.error = None
        assert await asked(gathering, 2, 4) == [4, 8]

    asyncio.run(calls())


def test_a_call_that_breaks_the_work_breaks_no_other() -> None:
    work = Working()
    work.may_go_on.set()

    async def calls() -> list[int | BaseException]:
        return await asked(Gathering(work, "test"), 2, 13, 5, 6)

    two, thirteen, five, six = asyncio.run(calls())
    assert (two, six) == (4, 12)
    assert isinstance(thirteen, ValueError)
    assert isinstance(five, BadInput)


def test_a_caller_who_went_away_keeps_nobody_from_an_answer() -> None:
    work = Working()

    async def calls() -> None:
        gathering: Gathering[int, int] = Gathering(work, "test")
        gone, other = (asyncio.create_task(gathering.answer(one)) for one in (2, 4))
        while not work.groups:
            await asyncio.sleep(0)
        gone.cancel()
        work.may_go_on.set()
        assert await other == 8
        with pytest.raises(asyncio.CancelledError):
            await gone
        assert await gathering.answer(6) == 12

    asyncio.run(calls())


def test_of_very_many_some_go_first_and_none_is_left() -> None:
    work = Working()
    work.may_go_on.set()

    async def calls() -> list[int | BaseException]:
        return await asked(Gathering(work, "test"), *range(0, 1000, 2))

    assert asyncio.run(calls()) == list(range(0, 2000, 4))
    assert max(map(len, work.groups)) < 100
