"""`SharingService` over a `StreamDesk`: requests in, batches out; what may be told is the desk's to say."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import grpc

from actors.services.around import caller
from pipeline.errors import BadInput, Overloaded
from pipeline.share.stream import ReadStream, StreamDesk
from pipeline.wire.offers import batch_of
from protos.anpr.v1 import sharing_pb2, sharing_pb2_grpc

Answer = TypeVar("Answer")
Context = grpc.aio.ServicerContext[Any, Any]
_THREADS = 4
_LOOK_EVERY_SECONDS = 0.25
"""A stream that has told everything looks for more so often."""


class SharingServicer(sharing_pb2_grpc.SharingServiceServicer):
    """Every disk access runs in a small pool of threads; a stream holds no thread while it waits or writes."""

    name = "anpr.v1.SharingService"

    def __init__(self, desk: StreamDesk) -> None:
        self._desk = desk
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="sharing")

    def add_to(self, server: grpc.aio.Server) -> None:
        sharing_pb2_grpc.add_SharingServiceServicer_to_server(self, server)

    async def StreamReads(  # noqa: N802
        self, requests: AsyncIterator[sharing_pb2.StreamReadsRequest], context: Context
    ) -> AsyncIterator[sharing_pb2.StreamReadsResponse]:
        first = await anext(aiter(requests), None)
        if first is None or not first.HasField("start"):
            raise BadInput("the first message of a stream must be its start")
        start = first.start
        stream = await self._run(
            self._desk.open,
            caller().organisation,
            start.agreement,
            after=start.after_cursor if start.HasField("after_cursor") else None,
            stream_id=start.stream_id,
            most_unacknowledged=start.most_unacknowledged,
        )
        wake = asyncio.Event()
        reading = asyncio.create_task(self._acknowledge(requests, stream, wake))
        try:
            async for told in self._told(stream, wake, reading):
                yield told
        finally:
            reading.cancel()
            # also when the caller went away: what has left is on record
            await asyncio.shield(self._run(stream.end))

    async def _told(
        self, stream: ReadStream, wake: asyncio.Event, reading: asyncio.Task[None]
    ) -> AsyncIterator[sharing_pb2.StreamReadsResponse]:
        full_since: float | None = None
        while True:
            wake.clear()
            told = await self._run(stream.reads)
            if told is not None:
                full_since = None
                yield sharing_pb2.StreamReadsResponse(
                    stream_id=stream.stream_id, cursor=told.cursor, batch=batch_of(told.records)
                )
                continue
            if reading.done():
                # raises what was wrong with an acknowledgement
                reading.result()
            if stream.room > 0:
                full_since = None
            elif reading.done() or time.monotonic() - (full_since or time.monotonic()) >= self._stalled:
                raise Overloaded("nothing was acknowledged for too long: begin again, it goes on from your cursor")
            else:
                full_since = full_since or time.monotonic()
            await _either(wake, _LOOK_EVERY_SECONDS)

    @property
    def _stalled(self) -> float:
        return self._desk.stalled_after_seconds

    async def _acknowledge(
        self, requests: AsyncIterator[sharing_pb2.StreamReadsRequest], stream: ReadStream, wake: asyncio.Event
    ) -> None:
        try:
            async for request in requests:
                if not request.HasField("acknowledged_cursor"):
                    raise BadInput("after its start, a stream is only told what was acknowledged")
                await self._run(stream.acknowledge, request.acknowledged_cursor)
                wake.set()
        finally:
            wake.set()

    async def _run(self, work: Callable[..., Answer], *given: Any, **named: Any) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *given, **named))


async def _either(wake: asyncio.Event, seconds: float) -> None:
    """Return when woken, or after so many seconds."""
    try:
        await asyncio.wait_for(wake.wait(), timeout=seconds)
    except TimeoutError:
        return
