"""`AlertService` over an `AlertDesk`: requests in, messages out; what they mean is the desk's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import grpc

from actors.services.around import Context, caller
from pipeline import metrics
from pipeline.alert.desk import AlertDesk
from pipeline.alert.watch import Watch
from pipeline.errors import AccessDenied, BadInput, Overloaded
from pipeline.wire.alert_proto import message_of_alert, message_of_event, state_of
from protos.anpr.v1 import alert_pb2, alert_pb2_grpc

Answer = TypeVar("Answer")
_THREADS = 4
_LOOK_AGAIN_SECONDS = 1.0
"""A watch looks by itself so often, should the book be written by another process."""


class AlertServicer(alert_pb2_grpc.AlertServiceServicer):
    """Every disk access runs in a small pool of threads; a watch holds no thread while it waits or writes."""

    name = "anpr.v1.AlertService"

    def __init__(self, desk: AlertDesk) -> None:
        self._desk = desk
        self._stale = desk.settings.stale_after_seconds
        self._stalled = desk.settings.watch_stalled_after_seconds
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="alerts")
        self._wakes: set[asyncio.Event] = set()

    def add_to(self, server: grpc.aio.Server) -> None:
        alert_pb2_grpc.add_AlertServiceServicer_to_server(self, server)
        loop = asyncio.get_running_loop()
        self._desk.listen(lambda: _call_in(loop, self._wake_all))

    async def ListAlerts(self, request: alert_pb2.ListAlertsRequest, context: Context) -> alert_pb2.ListAlertsResponse:  # noqa: N802
        page = await self._run(
            self._desk.listed,
            _own(request.recipients),
            states=[state_of(one) for one in request.states],
            page_size=request.page_size,
            token=request.page_token,
        )
        alerts = [message_of_alert(one, stale_after_seconds=self._stale) for one in page.alerts]
        return alert_pb2.ListAlertsResponse(alerts=alerts, next_page_token=page.next_token, cursor=page.cursor)

    async def GetAlert(self, request: alert_pb2.GetAlertRequest, context: Context) -> alert_pb2.GetAlertResponse:  # noqa: N802
        alert = await self._run(self._desk.alert, request.alert_id, _own(request.recipients))
        answer = alert_pb2.GetAlertResponse(alert=message_of_alert(alert, stale_after_seconds=self._stale))
        if request.with_pictures:
            pictures = await self._run(self._desk.pictures_of, alert)
            answer.patch, answer.overview = pictures.patch or b"", pictures.overview or b""
        return answer

    async def AdvanceAlert(  # noqa: N802
        self, request: alert_pb2.AdvanceAlertRequest, context: Context
    ) -> alert_pb2.AdvanceAlertResponse:
        person = caller().identified().person_id
        if request.person not in ("", person):
            raise AccessDenied("a step is taken by the person whose token it is: leave person empty")
        alert = await self._run(
            self._desk.advance,
            request.alert_id,
            _own(request.recipients),
            state=state_of(request.state),
            person=person,
            note=request.note,
        )
        return alert_pb2.AdvanceAlertResponse(alert=message_of_alert(alert, stale_after_seconds=self._stale))

    async def WatchAlerts(self, requests: AsyncIterator[alert_pb2.WatchAlertsRequest], context: Context) -> None:  # noqa: N802
        first = await anext(aiter(requests), None)
        if first is None or not first.HasField("start"):
            raise BadInput("the first message of a watch must be its start")
        start = first.start
        after = start.after_cursor if start.HasField("after_cursor") else None
        # under the caller's own name: nobody acknowledges for somebody else
        watch = await self._run(self._desk.watch, start.subscriber, _own(start.recipients), after, of=caller().key)
        wake = asyncio.Event()
        self._wakes.add(wake)
        reading = asyncio.create_task(self._acknowledge(requests, watch, wake))
        metrics.ALERT_WATCHES.set(len(self._wakes))
        try:
            await self._tell(watch, wake, reading, context)
        finally:
            reading.cancel()
            self._wakes.discard(wake)
            metrics.ALERT_WATCHES.set(len(self._wakes))

    async def _tell(self, watch: Watch, wake: asyncio.Event, reading: asyncio.Task[None], context: Context) -> None:
        full_since: float | None = None
        while True:
            wake.clear()
            events = await self._run(watch.events)
            for event in events:
                if context.done():
                    return
                # waits while nobody reads, holding this one event; what comes after it waits in the book
                message = message_of_event(event, stale_after_seconds=self._stale)
                await context.write(alert_pb2.WatchAlertsResponse(event=message))
            if reading.done():
                # raises what was wrong with an acknowledgement; without more to come, a full watch cannot go on
                reading.result()
            if watch.room > 0:
                full_since = None
            elif reading.done() or time.monotonic() - (full_since or time.monotonic()) >= self._stalled:
                raise _cut_off()
            else:
                full_since = full_since or time.monotonic()
            if not events:
                await _either(wake, _LOOK_AGAIN_SECONDS)

    async def _acknowledge(
        self, requests: AsyncIterator[alert_pb2.WatchAlertsRequest], watch: Watch, wake: asyncio.Event
    ) -> None:
        try:
            async for request in requests:
                if not request.HasField("acknowledged_cursor"):
                    raise BadInput("after its start, a watch is only told what was dealt with")
                await self._run(watch.acknowledge, request.acknowledged_cursor)
                wake.set()
        finally:
            wake.set()

    async def _run(self, work: Callable[..., Answer], *given: Any, **named: Any) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *given, **named))

    def _wake_all(self) -> None:
        for wake in self._wakes:
            wake.set()


def _own(recipients: Iterable[str]) -> list[str]:
    """Return the desks asked for. Raises AccessDenied unless all of them are the caller's."""
    asked = list(recipients)
    if not caller().desks.issuperset(asked):
        raise AccessDenied("only alerts of your own desks are shown: ask for `anpr people add --desk`")
    return asked


def _cut_off() -> Overloaded:
    metrics.ALERT_WATCHES_CUT_OFF.inc()
    return Overloaded("nothing was acknowledged for too long: begin a new watch, it goes on from your cursor")


async def _either(wake: asyncio.Event, seconds: float) -> None:
    """Return when woken, or after so many seconds."""
    try:
        await asyncio.wait_for(wake.wait(), timeout=seconds)
    except TimeoutError:
        return


def _call_in(loop: asyncio.AbstractEventLoop, work: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(work)
    except RuntimeError:
        # the server has stopped; there is nobody left to wake
        return
