"""The interceptors of the services, outermost first: tell, authenticate, audit, validate, authorise.

Who may call what, how much, and what is written down, `pipeline/access/callers` knows; here it is only asked, at the
right moments and never in the event loop where a disk is waited for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any

import grpc

from actors.services.around import CALLER, Around, Call, caller
from actors.services.status import answer_to
from pipeline import metrics
from pipeline.access.callers.door import Caller, Door
from pipeline.access.callers.methods import NEEDS, Behind
from pipeline.access.callers.settings import CallerLimits
from pipeline.access.callers.throttle import Throttle
from pipeline.clock import SystemClock
from pipeline.errors import AccessDenied, AnprError, BadInput, Refused
from pipeline.wire.sound import require_sound

_CODES: dict[Any, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode} | {
    code: code for code in grpc.StatusCode
}


def interceptors(door: Door, limits: CallerLimits) -> list[grpc.aio.ServerInterceptor]:
    """Return what stands before every service, in its order."""
    return [Tell(), Authenticate(door), Audit(door), Validate(limits), Authorise(door, limits)]


class Tell(Around):
    """Counts and times calls, and tells callers of errors by the one table."""

    def around(self, call: Call) -> _Told:
        return _Told(call)


class _Told:
    def __init__(self, call: Call) -> None:
        self._context = call.context
        self._service, self._method = call.method.lstrip("/").split("/", 1)
        self._begun = time.monotonic()

    async def __aenter__(self) -> None:
        metrics.SERVICE_IN_PROGRESS.labels(self._service).inc()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        code, said = grpc.StatusCode.OK, ""
        if isinstance(error, grpc.aio.AbortError):
            # what is served may say a code by itself, as the health service does
            code = _CODES.get(self._context.code(), grpc.StatusCode.UNKNOWN)
        elif isinstance(error, Exception):
            code, said = answer_to(error)
        elif error is not None:
            # the caller went away, or its deadline passed
            code = grpc.StatusCode.CANCELLED
        metrics.SERVICE_IN_PROGRESS.labels(self._service).dec()
        metrics.SERVICE_REQUESTS.labels(self._service, self._method, code.name).inc()
        metrics.SERVICE_SECONDS.labels(self._service, self._method).observe(time.monotonic() - self._begun)
        if said:
            await self._context.abort(code, said)


class Authenticate(Around):
    """Finds out who calls, from the connection's certificate and the token."""

    def __init__(self, door: Door) -> None:
        self._door = door

    @asynccontextmanager
    async def around(self, call: Call) -> AsyncIterator[None]:
        CALLER.set(await asyncio.to_thread(who_calls, self._door, call))
        yield


class Audit(Around):
    """Writes down who was refused what, before they are told, and what failed of that which was let through."""

    def __init__(self, door: Door) -> None:
        self._door = door

    @asynccontextmanager
    async def around(self, call: Call) -> AsyncIterator[None]:
        try:
            yield
        except AnprError as error:
            denied = isinstance(error, AccessDenied) and not isinstance(error, Refused)
            if denied or self._door.is_audited(call.method):
                await asyncio.to_thread(self._door.refused, caller(), call.method, error)
            raise


class Validate(Around):
    """Refuses calls without a deadline, calls beyond a caller's limits, and messages that are not sound."""

    def __init__(self, limits: CallerLimits) -> None:
        self._limits = limits
        self._throttle = Throttle(limits, SystemClock())

    @asynccontextmanager
    async def around(self, call: Call) -> AsyncIterator[None]:
        if _is_open(call.method):
            yield
            return
        most = self._limits.longest_stream_seconds if call.stream else self._limits.longest_call_seconds
        left = call.context.time_remaining()
        # gRPC rounds what it sends up to three digits
        if left is None or left > 1.01 * most + 1:
            raise BadInput(f"set a deadline for this call, at most {most:g} seconds away")
        with self._throttle.under_way(caller().key, stream=call.stream):
            yield

    def message(self, method: str, message: Any) -> None:
        need = NEEDS.get(method)
        if need is None or need.texts_checked:
            require_sound(message)


class Authorise(Around):
    """Lets a call begin, and ends a stream once its caller may no longer have it."""

    def __init__(self, door: Door, limits: CallerLimits) -> None:
        self._door = door
        self._every = limits.review_every_seconds

    @asynccontextmanager
    async def around(self, call: Call) -> AsyncIterator[None]:
        await asyncio.to_thread(self._door.admit, caller(), call.method)
        if not call.stream or _is_open(call.method):
            yield
            return
        answering = asyncio.current_task()
        ended: list[AnprError] = []

        async def review() -> None:
            try:
                while True:
                    await asyncio.sleep(self._every)
                    now = await asyncio.to_thread(who_calls, self._door, call)
                    await asyncio.to_thread(self._door.check, now, call.method)
            except AnprError as error:
                ended.append(error)
                if answering is not None:
                    answering.cancel()

        reviewing = asyncio.create_task(review())
        try:
            yield
        except asyncio.CancelledError:
            # as asyncio.timeout does it: our own cancelling becomes the error, anybody else's stays what it is
            if ended and answering is not None and answering.uncancel() <= 0:
                raise ended[0] from None
            raise
        finally:
            reviewing.cancel()


def who_calls(door: Door, call: Call) -> Caller:
    """Return who makes `call`, by its certificate and its token as they count now."""
    shown = list(call.context.auth_context().get("x509_pem_cert", ()))
    metadata = call.context.invocation_metadata() or ()
    authorization = [value for name, value in metadata if name == "authorization" and isinstance(value, str)]
    return door.caller(authorization, shown[0] if shown else None)


def _is_open(method: str) -> bool:
    need = NEEDS.get(method)
    return need is not None and need.behind is Behind.NOBODY
