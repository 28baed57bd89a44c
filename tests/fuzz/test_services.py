"""Messages to the services for people and between organisations, made up and mutated: none is answered by a fault of
ours, no refusal and no log quotes a mark or a place, and every read that leaves is counted on the audit log.

`ANPR_FUZZ_INPUTS` as in `test_parsers.py`; each method gets an eightieth of them, one that streams without end an
eight-hundredth.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from hypothesis import HealthCheck, given, seed, settings

from actors.services.client import introduced
from actors.services.intake import NationalServicer
from actors.services.people import services_for_people
from actors.services.sharing import SharingServicer
from pipeline import bootstrap_share
from pipeline.access.audit.verify import entries_of
from pipeline.access.callers.door import THIS_MACHINE
from pipeline.access.callers.settings import CallerLimits
from pipeline.access.settings import AccessSettings, GuardSettings
from pipeline.domain.audit import Operation, Outcome
from pipeline.domain.sharing import Organisation
from pipeline.settings import ServicesSettings
from pipeline.share.settings import AgreementSettings, SenderSettings
from pipeline.share.stream import Acknowledgements, StreamDesk
from pipeline.wire.offers import batch_of
from pipeline.wire.read_proto import encode_record
from protos.anpr.v1 import camera_pb2, hotlist_pb2, national_pb2, search_pb2, sharing_pb2
from tests.fuzz.mutations import mutated
from tests.fuzz.told import faults_told
from tests.support.access import ANALYST, CAMERA, DAY, MARK, NOW, PLACE, House, house_in, write_lake
from tests.support.builders import AT
from tests.support.clock import ManualClock
from tests.support.messages import any_message
from tests.support.people_services import HOSTILE, REASON, asked, query, streamed
from tests.support.sharing import SHARE, Far, bare, reads

INPUTS = int(os.environ.get("ANPR_FUZZ_INPUTS", "2000"))
_PATIENCE_SECONDS, _ENDLESS_SECONDS = 20.0, 0.15
_OURS = (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DATA_LOSS, grpc.StatusCode.UNAVAILABLE)
TEXTS = [*HOSTILE, *REASON.values(), MARK, "XX99*", "?", "", "serious", "kent-2026", CAMERA, "51.9,0.1", "0" * 32]
SECRETS = [MARK, str(PLACE.latitude), str(PLACE.longitude)]
_SERVICES = {Operation.CONSULTATION: "SearchService", Operation.DISCLOSURE: "SharingService"}
MOMENTS = [int((NOW - age * DAY).timestamp()) for age in (0, 1, 30, 89, 91, 400)] + [0, -1, 2**62, -(2**62)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """`endless`: it goes on until its deadline."""

    name: str
    seeds: Sequence[Message]
    answer: type[Message]
    streams: bool = False
    endless: bool = False

    @property
    def inputs(self) -> int:
        return max(INPUTS // (800 if self.endless else 80) // 2, 1)


SEARCHES = [asked(), asked(of=query(marks=["XX99*"], matching=search_pb2.MATCHING_PARTIAL), page_size=2)]
RECORDS = batch_of([encode_record(bare(one)) for one in reads(range(2))])
METHODS = [
    Method(name="SearchService/Search", seeds=SEARCHES, answer=search_pb2.SearchResponse),
    Method(
        name="SearchService/StreamSearch",
        seeds=[streamed(one) for one in SEARCHES],
        answer=search_pb2.StreamSearchResponse,
        streams=True,
    ),
    Method(
        name="SearchService/GetReads",
        seeds=[search_pb2.GetReadsRequest(reason=asked().reason, query=query(begin=NOW - 2 * DAY))],
        answer=search_pb2.GetReadsResponse,
    ),
    Method(
        name="HotlistService/LookUpMark",
        seeds=[hotlist_pb2.LookUpMarkRequest(vrm=MARK, reason="seen at the scene")],
        answer=hotlist_pb2.LookUpMarkResponse,
    ),
    Method(
        name="CameraService/GetCamera",
        seeds=[camera_pb2.GetCameraRequest(camera_id=CAMERA)],
        answer=camera_pb2.GetCameraResponse,
    ),
    Method(
        name="NationalService/PushReads",
        seeds=[national_pb2.PushReadsRequest(batch_id="1", plain=RECORDS)],
        answer=national_pb2.PushReadsResponse,
    ),
    Method(
        name="NationalService/PushImages",
        seeds=[national_pb2.PushImagesRequest(batch_id="1", records=RECORDS.records)],
        answer=national_pb2.PushImagesResponse,
    ),
    Method(
        name="NationalService/PushErasures",
        seeds=[national_pb2.PushErasuresRequest(erasures=[national_pb2.Erasure()])],
        answer=national_pb2.PushErasuresResponse,
    ),
    Method(
        name="NationalService/WatchHotlists",
        seeds=[national_pb2.WatchHotlistsRequest(after_revision=1)],
        answer=national_pb2.WatchHotlistsResponse,
        streams=True,
        endless=True,
    ),
    Method(
        name="SharingService/StreamReads",
        seeds=[sharing_pb2.StreamReadsRequest(start=sharing_pb2.StreamReadsStart(agreement="kent-2026"))],
        answer=sharing_pb2.StreamReadsResponse,
        streams=True,
        endless=True,
    ),
]


@dataclass
class Under:
    """The services under test, and what they have told so far."""

    channel: grpc.Channel
    house: House
    read: Counter[str] = field(default_factory=Counter)

    def send(self, method: Method, content: bytes) -> None:
        """Send one message; hold what comes back against the promises."""
        kind = "stream" if method.name.endswith("StreamReads") else "unary"
        call: Any = getattr(self.channel, f"{kind}_{'stream' if method.streams else 'unary'}")
        rpc = call(f"/anpr.v1.{method.name}", None, method.answer.FromString)
        given = iter([content]) if kind == "stream" else content
        seconds = _ENDLESS_SECONDS if method.endless else _PATIENCE_SECONDS
        try:
            if method.streams:
                for answer in rpc(given, timeout=seconds):
                    self._count(method, answer)
            else:
                self._count(method, rpc(given, timeout=seconds))
        except grpc.RpcError as error:
            told: Any = error
            ours = told.code() in _OURS or (told.code() is grpc.StatusCode.DEADLINE_EXCEEDED and not method.endless)
            assert not ours, f"{told.code()}: {told.details()}"
            assert not [one for one in SECRETS if one in (told.details() or "")]

    def _count(self, method: Method, answer: Any) -> None:
        if hasattr(answer, "page"):
            count = len(answer.page.reads)
        elif hasattr(answer, "batch"):
            count = len(answer.batch.records)
        else:
            count = len(getattr(answer, "reads", ()))
        self.read[method.name.partition("/")[0]] += count


@pytest.fixture(scope="module")
def under(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Under]:
    folder = tmp_path_factory.mktemp("house")
    write_lake(folder)
    share = replace(
        SHARE,
        senders={THIS_MACHINE: SenderSettings(feeds=("*",))},
        agreements={
            "kent-2026": AgreementSettings(
                organisation=THIS_MACHINE, feeds=("local",), purpose="crime", reference="ISA 7"
            )
        },
    )
    limits = CallerLimits(calls_a_second=1e6, burst_calls=1_000_000)
    with house_in(folder) as house, ExitStack() as opened:
        far = Far(folder / "far", ManualClock(AT), share)
        opened.callback(far.close)
        far.intake.take(Organisation(THIS_MACHINE), [encode_record(bare(one)) for one in reads(range(5))])
        acknowledged = Acknowledgements(folder / "streams.db")
        opened.callback(acknowledged.close)
        desk = StreamDesk(far.journal, acknowledged, audit=house.desk.audit, settings=share, force="here")
        lists = bootstrap_share.lists_to_give(house.settings)
        also = [SharingServicer(desk), NationalServicer(far.intake, erased=far.counters.erased, lists=lists)]
        access = AccessSettings(guards=GuardSettings(requests=1_000_000, same_text_for_references=1_000_000))
        chosen = replace(house.settings, access=access, services=ServicesSettings(port=0, limits=limits))
        server = opened.enter_context(services_for_people(chosen, also=also, audit=house.desk.audit, clock=house.clock))
        channel = opened.enter_context(grpc.insecure_channel(f"127.0.0.1:{server.start()}"))
        opened.callback(server.stop)
        yield Under(introduced(channel, limits, house.token(ANALYST)), house)


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_a_method_bears_any_message_and_quotes_nothing(
    under: Under, method: Method, caplog: pytest.LogCaptureFixture
) -> None:
    chance = Random(method.name)
    seeds = [one.SerializeToString() for one in method.seeds]
    for content in seeds:
        under.send(method, content)
    for _ in range(method.inputs):
        under.send(method, mutated(chance, seeds))

    @settings(max_examples=method.inputs, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @seed(7)
    @given(any_message(type(method.seeds[0]), TEXTS, MOMENTS))
    def any_of_them(message: Message) -> None:
        under.send(method, message.SerializeToString())

    any_of_them()
    assert not [one for one in SECRETS if one in caplog.text]
    assert not faults_told(caplog)
    assert not uncounted_in_the_end(under)


def test_every_read_that_left_is_counted_on_the_audit_log(under: Under) -> None:
    for method in METHODS:
        for one in method.seeds:
            under.send(method, one.SerializeToString())
    assert min(under.read[service] for service in _SERVICES.values()) > 0
    assert not uncounted_in_the_end(under)


def uncounted_in_the_end(under: Under) -> dict[str, int]:
    """Return `uncounted` once nothing is, or after a while: a stream that the caller left is written down when the
    service has noticed."""
    begun = time.monotonic()
    while (missing := uncounted(under)) and time.monotonic() - begun < _PATIENCE_SECONDS:
        time.sleep(0.05)
    return missing


def uncounted(under: Under) -> dict[str, int]:
    """Return how many of the reads that each service told are not on the audit log, where any are not."""
    told = Counter(under.read)
    for entry in entries_of(under.house.desk.audit_folder):
        event = entry.event
        if event.outcome is Outcome.ANSWERED and event.operation in _SERVICES:
            # a stream that was cut off may have been told of more than had arrived
            told[_SERVICES[event.operation]] -= event.result_count or 0
    return +told
