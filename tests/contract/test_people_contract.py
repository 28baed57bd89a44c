"""The contracts of search, hotlists and cameras: numbers never change, words are the domain's, all is explained."""

from __future__ import annotations

import json
from dataclasses import fields
from enum import StrEnum
from pathlib import Path

import pytest
from google.protobuf.descriptor import EnumDescriptor, ServiceDescriptor

from pipeline.domain.camera import CameraKind
from pipeline.domain.hotlist import ListedEntry
from pipeline.domain.query import Area, Ended, Found, Matching, Order, Query, confusable, exact, partial
from pipeline.wire.search_proto import message_of_query, query_of
from protos.anpr.v1 import camera_pb2, hotlist_pb2, search_pb2
from tests.contract.test_alert_contract import FOLDER, numbers
from tests.support.builders import AT

SNAPSHOT = Path(__file__).with_name("people_field_numbers.json")
FILES = {"search": search_pb2.DESCRIPTOR, "camera": camera_pb2.DESCRIPTOR}
SERVICES = [service for file in (*FILES.values(), hotlist_pb2.DESCRIPTOR) for service in file.services_by_name.values()]


def test_no_field_number_was_changed_or_used_again() -> None:
    now = {name: numbers(file) for name, file in FILES.items()}
    assert now == json.loads(SNAPSHOT.read_text(encoding="utf-8")), (
        f"a new field or value takes the next free number and is added to {SNAPSHOT.name}; a number never changes its "
        "name and is never used again"
    )


@pytest.mark.parametrize(
    ("kind", "descriptor", "prefix"),
    [
        (Matching, search_pb2.Matching.DESCRIPTOR, "MATCHING"),
        (Order, search_pb2.SearchOrder.DESCRIPTOR, "SEARCH_ORDER"),
        (Ended, search_pb2.SearchEnd.DESCRIPTOR, "SEARCH_END"),
        (CameraKind, camera_pb2.CameraKind.DESCRIPTOR, "CAMERA_KIND"),
    ],
)
def test_an_enumeration_has_the_words_of_the_domain(
    kind: type[StrEnum], descriptor: EnumDescriptor, prefix: str
) -> None:
    spelt = [f"{prefix}_{word.value.upper().replace('-', '_')}" for word in kind]
    assert [value.name for value in descriptor.values] == [f"{prefix}_UNSPECIFIED", *spelt]


def test_what_is_found_and_what_is_listed_loses_no_field() -> None:
    assert {field.name for field in search_pb2.FoundRead.DESCRIPTOR.fields} == {one.name for one in fields(Found)}
    assert [field.name for field in hotlist_pb2.ListedEntry.DESCRIPTOR.fields] == [
        one.name for one in fields(ListedEntry)
    ]


def test_a_query_goes_over_the_wire_as_it_is() -> None:
    query = Query(
        begin=AT,
        end=AT.replace(year=AT.year + 1),
        terms=(exact("AB12CDE"), partial("AB?2*"), confusable("AB12CDE")),
        cameras=("gate",),  # type: ignore[arg-type]
        area=Area(south=51, west=-1, north=52, east=0),
        order=Order.OLDEST_FIRST,
    )
    assert query_of(message_of_query(query)) == query


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_field_and_call_of_the_contract_says_what_it_means(name: str) -> None:
    lines = [line.strip() for line in (FOLDER / f"{name}.proto").read_text(encoding="utf-8").splitlines()]
    begins = ("message ", "enum ", "service ", "rpc ", "oneof ")
    told = [
        at
        for at, line in enumerate(lines)
        if (" = " in line and line.endswith(";") and not line.startswith("syntax =")) or line.startswith(begins)
    ]
    assert told
    assert not [lines[at] for at in told if not lines[at - 1].startswith("//")]


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.name)
def test_the_services_are_named_as_the_house_names_services(service: ServiceDescriptor) -> None:
    assert service.name.endswith("Service")
    for method in service.methods:
        assert (method.input_type.name, method.output_type.name) == (f"{method.name}Request", f"{method.name}Response")
