"""The contracts between organisations: numbers never change, words are the domain's, everything is explained."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path

import pytest
from google.protobuf.descriptor import EnumDescriptor

from pipeline.domain.sharing import Fault, Taken
from pipeline.wire.read_proto import encode_record
from protos.anpr.v1 import ingest_pb2, national_pb2, offer_pb2, sharing_pb2
from tests.contract.test_alert_contract import FOLDER, numbers
from tests.support.builders import a_record

SNAPSHOT = Path(__file__).with_name("sharing_field_numbers.json")
FILES = {
    "offer": offer_pb2.DESCRIPTOR,
    "national": national_pb2.DESCRIPTOR,
    "sharing": sharing_pb2.DESCRIPTOR,
    "ingest": ingest_pb2.DESCRIPTOR,
}
SERVICES = {
    "anpr.v1.NationalService": {"PushReads", "PushImages", "PushErasures", "WatchHotlists"},
    "anpr.v1.SharingService": {"StreamReads"},
    "anpr.v1.IngestService": {"IngestReads", "IngestImages"},
}


@pytest.mark.parametrize(
    ("kind", "descriptor", "prefix"),
    [
        (Taken, offer_pb2.OfferOutcome.DESCRIPTOR, "OFFER_OUTCOME"),
        (Fault, offer_pb2.OfferFault.DESCRIPTOR, "OFFER_FAULT"),
    ],
)
def test_an_enumeration_has_the_words_of_the_domain(
    kind: type[StrEnum], descriptor: EnumDescriptor, prefix: str
) -> None:
    spelt = [f"{prefix}_{word.value.upper().replace('-', '_')}" for word in kind]
    assert [value.name for value in descriptor.values] == [f"{prefix}_UNSPECIFIED", *spelt]


def test_no_field_number_was_changed_or_used_again() -> None:
    now = {name: numbers(file) for name, file in FILES.items()}
    assert now == json.loads(SNAPSHOT.read_text(encoding="utf-8")), (
        f"a new field or value takes the next free number and is added to {SNAPSHOT.name}; a number never changes its "
        "name and is never used again"
    )


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_field_and_call_of_the_contract_says_what_it_means(name: str) -> None:
    lines = [line.strip() for line in (FOLDER / f"{name}.proto").read_text(encoding="utf-8").splitlines()]
    told = [
        at
        for at, line in enumerate(lines)
        if (" = " in line and line.endswith(";") and not line.startswith("syntax ="))
        or line.startswith(("message ", "enum ", "service ", "rpc ", "oneof "))
    ]
    assert told
    assert not [lines[at] for at in told if not lines[at - 1].startswith("//")]


def test_the_services_and_their_calls_are_named_as_the_house_names_them() -> None:
    services = {service.full_name: service for file in FILES.values() for service in file.services_by_name.values()}
    assert {name: {method.name for method in one.methods} for name, one in services.items()} == SERVICES
    for method in (method for one in services.values() for method in one.methods):
        assert (method.input_type.name, method.output_type.name) == (f"{method.name}Request", f"{method.name}Response")


def test_a_batch_can_be_passed_on_without_looking_into_its_records() -> None:
    encoded = [encode_record(a_record(number)) for number in range(3)]
    batch = offer_pb2.RecordBatch.FromString(offer_pb2.EncodedBatch(records=encoded).SerializeToString())
    assert [record.SerializeToString() for record in batch.records] == encoded
    assert list(offer_pb2.EncodedBatch.FromString(batch.SerializeToString()).records) == encoded
