"""`HotlistService` over a `HotlistDesk`: requests in, messages out."""

from __future__ import annotations

import asyncio

import grpc

from actors.services.around import Context, caller
from pipeline.hotlist_desk import HotlistDesk
from pipeline.wire.hotlist_proto import message_of_listed, message_of_terms
from protos.anpr.v1 import hotlist_pb2, hotlist_pb2_grpc


class HotlistServicer(hotlist_pb2_grpc.HotlistServiceServicer):
    """Lists are read from disk in a thread."""

    name = "anpr.v1.HotlistService"

    def __init__(self, desk: HotlistDesk) -> None:
        self._desk = desk

    def add_to(self, server: grpc.aio.Server) -> None:
        hotlist_pb2_grpc.add_HotlistServiceServicer_to_server(self, server)

    async def ListHotlists(  # noqa: N802
        self, request: hotlist_pb2.ListHotlistsRequest, context: Context
    ) -> hotlist_pb2.ListHotlistsResponse:
        lists = await asyncio.to_thread(self._desk.lists, caller().identified())
        return hotlist_pb2.ListHotlistsResponse(
            hotlists=[message_of_terms(one.terms, str(one.revision)) for one in lists.seen],
            hidden=lists.hidden,
            sequence=lists.sequence,
        )

    async def LookUpMark(  # noqa: N802
        self, request: hotlist_pb2.LookUpMarkRequest, context: Context
    ) -> hotlist_pb2.LookUpMarkResponse:
        person = caller().identified()
        entries = await asyncio.to_thread(self._desk.entries, person, request.vrm, request.reason)
        return hotlist_pb2.LookUpMarkResponse(entries=[message_of_listed(one) for one in entries])
