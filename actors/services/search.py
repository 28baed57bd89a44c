"""`SearchService` over a `RecordDesk`: requests in, messages out; what may be seen is the gate's to say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import grpc

from actors.services.around import Context, caller
from pipeline.access.record_desk import Listed, RecordDesk
from pipeline.wire.read_proto import message_of
from pipeline.wire.search_proto import message_of_narrowing, message_of_page, query_of, reason_of
from protos.anpr.v1 import search_pb2, search_pb2_grpc

Answer = TypeVar("Answer")
_THREADS = 4
"""Searches at once; others wait their turn, and nothing else waits for them."""
_LONGEST_SECONDS = 30.0


class SearchServicer(search_pb2_grpc.SearchServiceServicer):
    """A stream holds one page at most, and reads the next when the last was taken."""

    name = "anpr.v1.SearchService"

    def __init__(self, desk: RecordDesk) -> None:
        self._desk = desk
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="search")

    def add_to(self, server: grpc.aio.Server) -> None:
        search_pb2_grpc.add_SearchServiceServicer_to_server(self, server)

    async def Search(self, request: search_pb2.SearchRequest, context: Context) -> search_pb2.SearchResponse:  # noqa: N802
        listed = await self._page(request, request.page_token, context)
        return search_pb2.SearchResponse(page=_page_of(listed))

    async def StreamSearch(  # noqa: N802
        self, request: search_pb2.StreamSearchRequest, context: Context
    ) -> AsyncIterator[search_pb2.StreamSearchResponse]:
        token = request.page_token
        while True:
            listed = await self._page(request, token, context)
            yield search_pb2.StreamSearchResponse(page=_page_of(listed))
            token = listed.next_token
            if not token:
                return

    async def GetReads(self, request: search_pb2.GetReadsRequest, context: Context) -> search_pb2.GetReadsResponse:  # noqa: N802
        records = await self._run(
            self._desk.reads,
            caller().identified(),
            reason_of(request.reason),
            query_of(request.query),
            list(request.picture_digests),
        )
        return search_pb2.GetReadsResponse(
            reads=[message_of(one) for one in records.reads],
            pictures=[search_pb2.Picture(digest=digest, jpeg=jpeg) for digest, jpeg in records.pictures.items()],
            narrowed=[message_of_narrowing(one) for one in records.narrowed],
            request_id=records.request_id,
        )

    async def _page(
        self, request: search_pb2.SearchRequest | search_pb2.StreamSearchRequest, token: str, context: Context
    ) -> Listed:
        left = context.time_remaining()
        return await self._run(
            self._desk.page,
            caller().identified(),
            reason_of(request.reason),
            query_of(request.query),
            rows=request.page_size,
            token=token,
            seconds=max(0.001, min(_LONGEST_SECONDS, _LONGEST_SECONDS if left is None else left)),
        )

    async def _run(self, work: Callable[..., Answer], *given: Any, **named: Any) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *given, **named))


def _page_of(listed: Listed) -> search_pb2.SearchPage:
    answer = listed.answer
    return message_of_page(
        answer.page.found,
        answer.page.ended,
        answer.grant.narrowed,
        kept_back=answer.kept_back,
        rule=answer.grant.rule,
        request_id=listed.request_id,
        next_page_token=listed.next_token,
    )
