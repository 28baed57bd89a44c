"""The interceptors of the services, outermost first: tell, authenticate, audit, validate, authorise.

Who may call what, how much, and what is written down, `pipeline/access/callers` knows; here it is only asked, at the
right moments and never in the event loop where a disk is waited for.
"""

from __future__ import annotations

import asyncio
import time
from functools import lru_cache
from types import TracebackType
from typing import Any

import grpc

from actors.services.around import CALLER, Around, Call, Chain, GoOn, caller
from actors.services.status import Answers
from pipeline import metrics
from pipeline.access.callers.door import Caller, Door
from pipeline.access.callers.settings import CallerLimits
from pipeline.access.callers.sign_ins import Shown, SignIns, address_of
from pipeline.access.callers.throttle import Throttle
from pipeline.clock import SystemClock
from pipeline.domain.ports import Clock
from pipeline.errors import AccessDenied, AnprError, BadInput, Refused
from pipeline.wire.sound import require_sound, spelled

_CODES: dict[Any, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode} | {
    code: code for code in grpc.StatusCode
}


def interceptors(door: Door, limits: CallerLimits) -> list[grpc.aio.ServerInterceptor]:
    """Return what stands before every service, in its order."""
    parts = [
        Tell(SystemClock()),
        Authenticate(door, limits),
        Audit(door),
        Validate(door, limits),
        Authorise(door, limits),
    ]
    return [Chain(parts)]


class Tell(Around):
    """Counts and times calls, and tells callers of errors by the one table."""

    def __init__(self, clock: Clock) -> None:
        self._answers = Answers(clock)

    async def around(self, call: Call, go_on: GoOn) -> Any:
        async with _Told(call, self._answers):
            return await go_on(call)


class _Told:
    def __init__(self, call: Call, answers: Answers) -> None:
        self._context = call.context
        self._answers = answers
        self._method = call.method
        self._begun = time.monotonic()

    async def __aenter__(self) -> None:
        _under_way(self._method).inc()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        code, said = grpc.StatusCode.OK, ""
        if isinstance(error, grpc.aio.AbortError):
            # what is served may say a code by itself, as the health service does
            code = _CODES.get(self._context.code(), grpc.StatusCode.UNKNOWN)
        elif isinstance(error, Exception):
            code, said = self._answers.to(error)
        elif error is not None:
            # the caller went away, or its deadline passed
            code = grpc.StatusCode.CANCELLED
        _under_way(self._method).dec()
        _ended(self._method, code.name).inc()
        _seconds(self._method).observe(time.monotonic() - self._begun)
        if said:
            await self._context.abort(code, said)


# finding a metric by its labels takes as long as counting; the methods and codes there are come again and again


@lru_cache(maxsize=1024)
def _under_way(method: str) -> Any:
    return metrics.SERVICE_IN_PROGRESS.labels(_names_in(method)[0])


@lru_cache(maxsize=1024)
def _ended(method: str, code: str) -> Any:
    return metrics.SERVICE_REQUESTS.labels(*_names_in(method), code)


@lru_cache(maxsize=1024)
def _seconds(method: str) -> Any:
    return metrics.SERVICE_SECONDS.labels(*_names_in(method))


def _names_in(method: str) -> list[str]:
    """Return the names of service and method in `/service/method`."""
    return method.lstrip("/").split("/", 1)


class Authenticate(Around):
    """Finds out who calls, from the connection's certificate and the token."""

    def __init__(self, door: Door, limits: CallerLimits) -> None:
        self._door = door
        self._sign_ins = SignIns(door, limits, SystemClock())

    async def around(self, call: Call, go_on: GoOn) -> Any:
        CALLER.set(await self._caller(shown_by(call), call.method))
        return await go_on(call)

    async def _caller(self, shown: Shown, method: str) -> Caller:
        if self._door.asks_a_disk(shown.authorization):
            return await asyncio.to_thread(self._sign_ins.caller, shown, method)
        try:
            return self._sign_ins.look_at(shown)
        except AccessDenied as error:
            await asyncio.to_thread(self._sign_ins.note_failed, shown, method, error)
            raise


class Audit(Around):
    """Writes down who was refused what, before they are told, and what failed of that which was let through."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def around(self, call: Call, go_on: GoOn) -> Any:
        try:
            return await go_on(call)
        except AnprError as error:
            denied = isinstance(error, AccessDenied) and not isinstance(error, Refused)
            if denied or self._door.audits(call.method):
                asked = _spelled(self._door, call, call.first)
                await asyncio.to_thread(self._door.refused, caller(), call.method, error, asked)
            raise


class Validate(Around):
    """Refuses calls without a deadline, calls beyond a caller's limits, what is no message, and what is not sound."""

    looks = True

    def __init__(self, door: Door, limits: CallerLimits) -> None:
        self._door = door
        self._limits = limits
        self._throttle = Throttle(limits, SystemClock())

    async def around(self, call: Call, go_on: GoOn) -> Any:
        most = self._limits.longest_stream_seconds if call.stream else self._limits.longest_call_seconds
        left = call.context.time_remaining()
        # gRPC rounds what it sends up to three digits
        if not self._door.is_open(call.method) and (left is None or left > 1.01 * most + 1):
            raise BadInput(f"set a deadline for this call, at most {most:g} seconds away")
        with self._throttle.under_way(caller().key, stream=call.stream):
            return await go_on(call)

    def message(self, method: str, message: Any) -> None:
        if self._door.checks_texts(method):
            require_sound(message)


class Authorise(Around):
    """Lets a call begin, and ends a stream once its caller may no longer have it."""

    def __init__(self, door: Door, limits: CallerLimits) -> None:
        self._door = door
        self._every = limits.review_every_seconds

    async def around(self, call: Call, go_on: GoOn) -> Any:
        # neither this nor the next question asks a disk, and most calls are not on the audit log
        self._door.check(caller(), call.method)
        if self._door.audits(call.method):
            # the first message of a stream tells what it is for; a stranger is not waited for
            asked = _spelled(self._door, call, await call.peek())
            await asyncio.to_thread(self._door.admit, caller(), call.method, asked)
        answering = asyncio.current_task()
        if not call.stream or self._door.is_open(call.method) or answering is None:
            return await go_on(call)
        cancelling = answering.cancelling()
        reviewing = asyncio.create_task(self._review(call))
        reviewing.add_done_callback(lambda done: done.cancelled() or answering.cancel())
        try:
            return await go_on(call)
        except asyncio.CancelledError:
            # as asyncio.timeout does it: our own cancelling becomes the error, anybody else's stays what it is
            ended = reviewing.exception() if reviewing.done() and not reviewing.cancelled() else None
            if ended is not None and answering.uncancel() <= cancelling:
                raise ended from None
            raise
        finally:
            reviewing.cancel()

    async def _review(self, call: Call) -> None:
        """Raise once the caller of `call` may no longer have it."""
        shown = shown_by(call)
        while True:
            await asyncio.sleep(self._every)
            now = await asyncio.to_thread(self._now, shown)
            await asyncio.to_thread(self._door.check, now, call.method)

    def _now(self, shown: Shown) -> Caller:
        return self._door.caller(shown.authorization, shown.certificate)


def shown_by(call: Call) -> Shown:
    """Return what `call` shows of its caller."""
    certificates = list(call.context.auth_context().get("x509_pem_cert", ()))
    metadata = call.context.invocation_metadata() or ()
    return Shown(
        address=address_of(call.context.peer()),
        authorization=tuple(value for name, value in metadata if name == "authorization" and isinstance(value, str)),
        certificate=certificates[0] if certificates else None,
    )


def _spelled(door: Door, call: Call, message: Any) -> str:
    """Return what `call` asks for, as the audit log has it; empty where the door writes none: batches are large."""
    return spelled(message) if door.audits(call.method) else ""
