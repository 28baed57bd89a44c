"""`NationalService` and `IngestService` over an `OfferIntake`: requests in, outcomes out; what they mean it knows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import grpc

from actors.services.around import caller
from actors.services.gathering import Gathering
from pipeline.domain.hotlist import ListPart
from pipeline.domain.ports import OfferIntake
from pipeline.domain.sharing import ErasureNotice, Offer, Organisation, Outcome
from pipeline.errors import AnprError
from pipeline.match.lists.distribution import Distribution
from pipeline.wire.distribution_proto import message_of_part
from pipeline.wire.hotlist_proto import time_of
from pipeline.wire.offers import answer_in, notices_in, records_in
from protos.anpr.v1 import ingest_pb2, ingest_pb2_grpc, national_pb2, national_pb2_grpc

Given = TypeVar("Given")
Answer = TypeVar("Answer")
Context = grpc.aio.ServicerContext[Any, Any]
_THREADS = 8
"""Batches that may wait for the disk at once; they share its syncs."""


_SMALL_BYTES = 64 * 1024
"""Of a batch, unpacked: some two hundred reads. Batches so small are taken together: by themselves the calls, the sync
and the look at columns cost more than their reads, and threads side by side wait for the interpreter (DECISIONS.md)."""


class _Batches:
    """Runs an intake in a pool of threads, in the name of whoever calls."""

    def __init__(self, intake: OfferIntake) -> None:
        self._intake = intake
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="intake")
        self._small = Gathering(self._together, "small batches")

    async def reads(self, request: Any, response: type[Answer]) -> Answer:
        given = Organisation(caller().organisation), request
        if _size_of(request) <= _SMALL_BYTES:
            outcomes = await self._small.answer(given)
        else:
            outcomes = await self.run(self._reads, given)
        return answer_in(response, outcomes)  # type: ignore[no-any-return]

    async def images(self, request: Any, response: type[Answer]) -> Answer:
        sender = Organisation(caller().organisation)
        return answer_in(response, await self.run(self._images, sender, request))  # type: ignore[no-any-return]

    async def run(self, work: Callable[..., Answer], *given: Any) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *given))

    def _reads(self, given: tuple[Organisation, Any]) -> list[Outcome]:
        return self._intake.take(**_offer_in(given)._asdict())

    def _together(self, given: Sequence[tuple[Organisation, Any]]) -> list[list[Outcome] | AnprError]:
        """Answer each of several requests; what is no batch is an answer of its own."""
        offers = [_tried(_offer_in, one) for one in given]
        answers = iter(self._intake.take_together([one for one in offers if isinstance(one, Offer)]))
        return [next(answers) if isinstance(one, Offer) else one for one in offers]

    def _images(self, sender: Organisation, request: Any) -> list[Outcome]:
        return self._intake.take_pictures(sender, [one.SerializeToString() for one in request.records])


def _offer_in(given: tuple[Organisation, Any]) -> Offer:
    sender, request = given
    sent_at = time_of(request.sent_at) if request.HasField("sent_at") else None
    return Offer(sender, records_in(request), sent_at)


def _size_of(request: Any) -> int:
    """Return how large a batch is, unpacked; one that says it is smaller cannot be unpacked."""
    return int(request.packed.size if request.HasField("packed") else request.ByteSize())


def _tried(work: Callable[[Given], Answer], given: Given) -> Answer | AnprError:
    try:
        return work(given)
    except AnprError as error:
        return error


class IngestServicer(ingest_pb2_grpc.IngestServiceServicer):
    """Reads in from mobile units, smart cameras and other forces."""

    name = "anpr.v1.IngestService"

    def __init__(self, intake: OfferIntake) -> None:
        self._batches = _Batches(intake)

    def add_to(self, server: grpc.aio.Server) -> None:
        ingest_pb2_grpc.add_IngestServiceServicer_to_server(self, server)

    async def IngestReads(  # noqa: N802
        self, request: ingest_pb2.IngestReadsRequest, context: Context
    ) -> ingest_pb2.IngestReadsResponse:
        return await self._batches.reads(request, ingest_pb2.IngestReadsResponse)

    async def IngestImages(  # noqa: N802
        self, request: ingest_pb2.IngestImagesRequest, context: Context
    ) -> ingest_pb2.IngestImagesResponse:
        return await self._batches.images(request, ingest_pb2.IngestImagesResponse)


_LOOK_EVERY_SECONDS = 1.0
_HEARTBEAT_SECONDS = 30.0
"""A force that hears nothing for longer knows that its lists may be old."""


class NationalServicer(national_pb2_grpc.NationalServiceServicer):
    """What a national centre offers to forces."""

    name = "anpr.v1.NationalService"

    def __init__(
        self,
        intake: OfferIntake,
        *,
        erased: Callable[[Organisation, Sequence[ErasureNotice]], None],
        lists: Distribution,
    ) -> None:
        self._batches = _Batches(intake)
        self._erased = erased
        self._lists = lists

    def add_to(self, server: grpc.aio.Server) -> None:
        national_pb2_grpc.add_NationalServiceServicer_to_server(self, server)

    async def PushReads(  # noqa: N802
        self, request: national_pb2.PushReadsRequest, context: Context
    ) -> national_pb2.PushReadsResponse:
        return await self._batches.reads(request, national_pb2.PushReadsResponse)

    async def PushImages(  # noqa: N802
        self, request: national_pb2.PushImagesRequest, context: Context
    ) -> national_pb2.PushImagesResponse:
        return await self._batches.images(request, national_pb2.PushImagesResponse)

    async def PushErasures(  # noqa: N802
        self, request: national_pb2.PushErasuresRequest, context: Context
    ) -> national_pb2.PushErasuresResponse:
        await self._batches.run(self._erased, Organisation(caller().organisation), notices_in(request))
        return national_pb2.PushErasuresResponse()

    async def WatchHotlists(  # noqa: N802
        self, request: national_pb2.WatchHotlistsRequest, context: Context
    ) -> AsyncIterator[national_pb2.WatchHotlistsResponse]:
        force, after = caller().organisation, request.after_revision
        heard_at = time.monotonic()
        while True:
            newest = await self._batches.run(self._lists.newest)
            if newest != after:
                parts = self._lists.parts(force, after)
                while (part := await self._batches.run(next, parts, None)) is not None:
                    after, heard_at = part.revision, time.monotonic()
                    yield message_of_part(part)
            elif after and time.monotonic() - heard_at >= _HEARTBEAT_SECONDS:
                heard_at = time.monotonic()
                yield message_of_part(ListPart(revision=after, made_at=datetime.now(UTC), last_of_revision=True))
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
