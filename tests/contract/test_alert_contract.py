"""The contract of alerts: its numbers never change, its words are the domain's, and everything in it is explained."""

from __future__ import annotations

import json
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import EnumDescriptor, FileDescriptor

from pipeline.domain.alert import Alert, AlertedHit, AlertedRead, AlertEvent, AlertEventKind, AlertState
from pipeline.domain.hotlist import Action, Hit, HitKind, VehicleOfInterest
from protos.anpr.v1 import alert_pb2, hotlist_pb2

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "protos" / "anpr" / "v1"
SNAPSHOT = Path(__file__).with_name("alert_field_numbers.json")
FILES = {"alert": alert_pb2.DESCRIPTOR, "hotlist": hotlist_pb2.DESCRIPTOR}
DERIVED = ["state", "read_age_seconds", "stale"]
"""Of an alert, for readers of the message; the domain works them out."""


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (VehicleOfInterest, hotlist_pb2.VehicleOfInterest),
        (Hit, hotlist_pb2.Hit),
        (AlertedRead, alert_pb2.AlertedRead),
        (AlertedHit, alert_pb2.AlertedHit),
        (AlertEvent, alert_pb2.AlertEvent),
        (Alert, alert_pb2.Alert),
    ],
)
def test_a_message_has_the_fields_of_its_dataclass_in_order(kind: Any, message: Any) -> None:
    names = [field.name for field in message.DESCRIPTOR.fields]
    assert [name for name in names if kind is not Alert or name not in DERIVED] == [one.name for one in fields(kind)]


@pytest.mark.parametrize(
    ("kind", "descriptor", "prefix"),
    [
        (Action, hotlist_pb2.Action.DESCRIPTOR, "ACTION"),
        (HitKind, hotlist_pb2.HitKind.DESCRIPTOR, "HIT_KIND"),
        (AlertState, alert_pb2.AlertState.DESCRIPTOR, "ALERT_STATE"),
        (AlertEventKind, alert_pb2.AlertEventKind.DESCRIPTOR, "ALERT_EVENT_KIND"),
    ],
)
def test_an_enumeration_has_the_words_of_the_domain(
    kind: type[StrEnum], descriptor: EnumDescriptor, prefix: str
) -> None:
    spelt = [f"{prefix}_{word.value.upper().replace('-', '_')}" for word in kind]
    assert [value.name for value in descriptor.values] == [f"{prefix}_UNSPECIFIED", *spelt]
    assert descriptor.values[0].number == 0


def numbers(file: FileDescriptor) -> dict[str, dict[str, int]]:
    messages = {
        name: {field.name: field.number for field in message.fields}
        for name, message in file.message_types_by_name.items()
    }
    enums = {
        name: {value.name: value.number for value in enum.values} for name, enum in file.enum_types_by_name.items()
    }
    return messages | enums


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
    assert len(told) > sum(len(several) for several in numbers(FILES[name]).values())
    assert not [lines[at] for at in told if not lines[at - 1].startswith("//")]


def test_the_service_is_named_as_the_house_names_services() -> None:
    (service,) = alert_pb2.DESCRIPTOR.services_by_name.values()
    assert service.full_name == "anpr.v1.AlertService"
    for method in service.methods:
        assert (method.input_type.name, method.output_type.name) == (f"{method.name}Request", f"{method.name}Response")
