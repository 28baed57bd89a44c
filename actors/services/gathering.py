"""Calls that come while others wait for the disk are answered together, by one thread.

Handing a call to a thread and back costs more than taking one read does; here what has come meanwhile goes at once.
On failure: an AnprError of the work (a full disk) each call that it was for raises. Any other error may be one call's
making: then each is taken alone, and only those whose work fails again raise. The next are taken as if nothing was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Generic, NamedTuple, TypeVar

from pipeline.errors import AnprError

Given = TypeVar("Given")
Answer = TypeVar("Answer")
_MOST_TOGETHER = 64


class _Asked(NamedTuple, Generic[Given, Answer]):
    given: Given
    answer: asyncio.Future[Answer]


class Gathering(Generic[Given, Answer]):
    """Answers by `work`, which is given what has gathered, once at a time, and returns an answer or an error for each.
    For one event loop. `name` is its thread's."""

    def __init__(self, work: Callable[[Sequence[Given]], Sequence[Answer | AnprError]], name: str) -> None:
        self._work = work
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._waiting: list[_Asked[Given, Answer]] = []
        self._is_working = False

    async def answer(self, given: Given) -> Answer:
        """Return the answer to `given`, or raise its error."""
        loop = asyncio.get_running_loop()
        asked: _Asked[Given, Answer] = _Asked(given, loop.create_future())
        self._waiting.append(asked)
        if not self._is_working:
            self._is_working = True
            # not now: what comes in the same turn of the loop goes along
            loop.call_soon(self._begin, loop)
        return await asked.answer

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        group, self._waiting = self._waiting[:_MOST_TOGETHER], self._waiting[_MOST_TOGETHER:]
        self._submit(loop, group)

    def _submit(self, loop: asyncio.AbstractEventLoop, group: list[_Asked[Given, Answer]]) -> None:
        def told(done: Future[Sequence[Answer | AnprError]]) -> None:
            with suppress(RuntimeError):
                # the loop may have been closed meanwhile, and with it every call
                loop.call_soon_threadsafe(self._settle, loop, group, done)

        self._thread.submit(self._work, [one.given for one in group]).add_done_callback(told)

    def _settle(
        self,
        loop: asyncio.AbstractEventLoop,
        group: list[_Asked[Given, Answer]],
        done: Future[Sequence[Answer | AnprError]],
    ) -> None:
        error = done.exception()
        if error is not None and not isinstance(error, AnprError) and len(group) > 1:
            for one in group:
                self._submit(loop, [one])
            return
        answers = done.result() if error is None else [error] * len(group)
        for asked, answer in zip(group, answers, strict=True):
            if asked.answer.done():
                # the caller went away meanwhile
                continue
            if isinstance(answer, BaseException):
                asked.answer.set_exception(answer)
            else:
                asked.answer.set_result(answer)
        self._is_working = bool(self._waiting)
        if self._waiting:
            self._begin(loop)
