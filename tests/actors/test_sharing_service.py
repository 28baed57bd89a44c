"""The services between organisations over mutual TLS: who may send, who may take, and how they go on."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest

from actors.services.intake import IngestServicer
from actors.services.server import ServiceServer
from actors.services.sharing import SharingServicer
from pipeline.access.callers.door import Door
from pipeline.clock import SystemClock
from pipeline.share.settings import AgreementSettings
from pipeline.share.stream import Acknowledgements, StreamDesk
from pipeline.wire.offers import batch_of
from pipeline.wire.read_proto import encode_record
from protos.anpr.v1 import ingest_pb2, ingest_pb2_grpc, offer_pb2, sharing_pb2, sharing_pb2_grpc
from tests.support import node
from tests.support.builders import AT
from tests.support.certified import KENT, ORGANISATIONS, PRESS, Certified
from tests.support.clock import ManualClock
from tests.support.doors import ListedAudit
from tests.support.sharing import SHARE, Far, bare, reads

AGREEMENT = AgreementSettings(organisation="kent", feeds=("local",), purpose="crime", reference="ISA 7")
SETTINGS = replace(SHARE, agreements={"kent-2026": AGREEMENT})


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Far]:
    far = Far(tmp_path / "far", ManualClock(AT), SETTINGS)
    yield far
    far.close()


@pytest.fixture
def audit() -> ListedAudit:
    return ListedAudit()


@pytest.fixture
def served(tmp_path: Path, far: Far, audit: ListedAudit) -> Iterator[tuple[Certified, int]]:
    certified = Certified(tmp_path)
    acknowledged = Acknowledgements(tmp_path / "streams.db")
    desk = StreamDesk(far.journal, acknowledged, audit=audit, settings=SETTINGS, force="here")
    door = Door(ORGANISATIONS, who=nobody, audit=audit, clock=SystemClock(), with_certificates=True)
    server = ServiceServer(
        certified.settings(drain_seconds=0.1), [IngestServicer(far.intake), SharingServicer(desk)], door
    )
    yield certified, server.start()
    server.stop()
    acknowledged.close()


def nobody(token: str, digest: str | None) -> Any:
    raise AssertionError("no token was sent")


def test_a_mobile_unit_brings_reads_in_and_takes_the_same_answer_twice(served: tuple[Certified, int], far: Far) -> None:
    certified, port = served
    sent = [encode_record(bare(one)) for one in reads(range(3))]
    with certified.channel(port) as channel:
        stub = ingest_pb2_grpc.IngestServiceStub(channel)
        request = ingest_pb2.IngestReadsRequest(batch_id="1", plain=batch_of(sent))
        assert list(stub.IngestReads(request).outcomes) == [offer_pb2.OFFER_OUTCOME_ACCEPTED] * 3
        assert list(stub.IngestReads(request).outcomes) == [offer_pb2.OFFER_OUTCOME_DUPLICATE] * 3
        whole = batch_of([encode_record(one) for one in reads(range(4))])
        images = stub.IngestImages(ingest_pb2.IngestImagesRequest(batch_id="2", records=whole.records))
    assert list(images.outcomes) == [offer_pb2.OFFER_OUTCOME_ACCEPTED] * 3 + [offer_pb2.OFFER_OUTCOME_REFUSED]
    assert [(one.place, one.fault) for one in images.remarks] == [(3, offer_pb2.OFFER_FAULT_UNKNOWN_READ)]
    assert len(far.records()) == 9


def test_an_organisation_without_the_right_brings_nothing_in(served: tuple[Certified, int], far: Far) -> None:
    certified, port = served
    with certified.channel(port, certified.authority().issue([PRESS])) as channel:
        stub = ingest_pb2_grpc.IngestServiceStub(channel)
        with pytest.raises(grpc.RpcError) as refused:
            stub.IngestReads(ingest_pb2.IngestReadsRequest(plain=batch_of([])))
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


def test_a_stream_goes_on_from_what_was_acknowledged(
    served: tuple[Certified, int], far: Far, audit: ListedAudit
) -> None:
    certified, port = served
    far.journal.append(reads(range(10)))
    with certified.channel(port) as channel:
        stub = sharing_pb2_grpc.SharingServiceStub(channel)
        start = sharing_pb2.StreamReadsStart(agreement="kent-2026", most_unacknowledged=4)
        says: queue.Queue[Any] = queue.Queue()
        says.put(sharing_pb2.StreamReadsRequest(start=start))
        call = stub.StreamReads(iter(says.get, None))
        first = next(call)
        assert (first.cursor, len(first.batch.records)) == (4, 4)
        says.put(sharing_pb2.StreamReadsRequest(acknowledged_cursor=4))
        assert next(call).cursor == 8
        call.cancel()
        says.put(None)
        again = stub.StreamReads(iter([sharing_pb2.StreamReadsRequest(start=start)]))
        assert next(again).batch.records[0].read.read_id == f"{4:032x}"
        again.cancel()
        late = sharing_pb2.StreamReadsStart(agreement="kent-2026", after_cursor=4, stream_id="another")
        with pytest.raises(grpc.RpcError) as refused:
            next(stub.StreamReads(iter([sharing_pb2.StreamReadsRequest(start=late)])))
    assert refused.value.code() is grpc.StatusCode.OUT_OF_RANGE
    assert "disclosure allowed kent" in {
        f"{one.operation.value} {one.outcome.value} {one.recipient}" for one in audit.events
    }


def test_a_client_that_is_not_ours_takes_a_stream_as_fast_as_it_acknowledges(
    served: tuple[Certified, int], far: Far
) -> None:
    node.installed()
    certified, port = served
    authority = certified.authority()
    authority.write("kent", [KENT])
    far.journal.append(reads(range(10)))
    told = node.answers(
        address=f"localhost:{port}",
        proto="protos/anpr/v1/sharing.proto",
        service="anpr.v1.SharingService",
        method="StreamReads",
        request={"start": {"agreement": "kent-2026", "most_unacknowledged": 4}},
        last="10",
        authority=str(authority.file()),
        certificate=str(authority.file("kent")),
        key=str(authority.file("kent", key=True)),
    )
    assert [one["cursor"] for one in told] == ["4", "8", "10"]
    ids = [record["read"]["read_id"] for one in told for record in one["batch"]["records"]]
    assert ids == [f"{number:032x}" for number in range(10)]
