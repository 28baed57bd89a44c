"""The read has one shape: dataclass, message and Arrow columns are the same fields in the same order."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from google.protobuf.descriptor import EnumDescriptor

from pipeline.domain.plate import Candidate
from pipeline.domain.posterior import Doubt
from pipeline.domain.read import CaptureRecord, ClockState, Direction, Location, Read
from pipeline.domain.syntax import Syntax
from pipeline.wire.read_arrow import DERIVED, READ_SCHEMA
from protos.anpr.v1 import read_pb2

ROOT = Path(__file__).parents[2]
SNAPSHOT = Path(__file__).with_name("read_field_numbers.json")
HOW_TO_ADD = (
    "to add a field or a value, give it the next free number in read.proto, run `python -m protos.generate`, and add "
    f"it to {SNAPSHOT.name}. A number is never reused and never changes its name: stored and shared reads go by it"
)


def names_of(kind: Any) -> list[str]:
    return [field.name for field in fields(kind)]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Read, read_pb2.Read),
        (Candidate, read_pb2.Candidate),
        (Doubt, read_pb2.Doubt),
        (Location, read_pb2.Location),
        (CaptureRecord, read_pb2.CaptureRecord),
    ],
)
def test_a_message_has_the_fields_of_its_dataclass_in_order(kind: type, message: Any) -> None:
    assert [field.name for field in message.DESCRIPTOR.fields] == names_of(kind)


def test_the_columns_of_the_store_are_the_fields_of_the_read_and_what_is_derived_from_it() -> None:
    assert READ_SCHEMA.names == [*names_of(Read), *DERIVED.names]


def test_times_are_kept_to_the_microsecond_in_utc() -> None:
    assert READ_SCHEMA.field("captured_at").type == pa.timestamp("us", tz="UTC")
    assert READ_SCHEMA.field("received_at").type == pa.timestamp("us", tz="UTC")


@pytest.mark.parametrize(
    ("kind", "descriptor", "prefix"),
    [
        (ClockState, read_pb2.ClockState.DESCRIPTOR, "CLOCK_STATE"),
        (Direction, read_pb2.Direction.DESCRIPTOR, "DIRECTION"),
        (Syntax, read_pb2.Syntax.DESCRIPTOR, "SYNTAX"),
    ],
)
def test_an_enumeration_has_the_words_of_the_domain(
    kind: type[StrEnum], descriptor: EnumDescriptor, prefix: str
) -> None:
    spelt = [f"{prefix}_{word.value.upper().replace('-', '_')}" for word in kind]
    assert [value.name for value in descriptor.values] == [f"{prefix}_UNSPECIFIED", *spelt]
    assert descriptor.values[0].number == 0


def numbers() -> dict[str, dict[str, int]]:
    file = read_pb2.DESCRIPTOR
    messages = {
        name: {field.name: field.number for field in message.fields}
        for name, message in file.message_types_by_name.items()
    }
    enums = {
        name: {value.name: value.number for value in enum.values} for name, enum in file.enum_types_by_name.items()
    }
    return messages | enums


def test_no_field_number_was_changed_or_used_again() -> None:
    assert numbers() == json.loads(SNAPSHOT.read_text(encoding="utf-8")), HOW_TO_ADD


def test_every_field_of_the_contract_says_what_it_means() -> None:
    lines = [line.strip() for line in (ROOT / "protos/anpr/v1/read.proto").read_text(encoding="utf-8").splitlines()]
    fields_and_values = [
        at for at, line in enumerate(lines) if " = " in line and line.endswith(";") and not line.startswith("syntax =")
    ]
    assert len(fields_and_values) == sum(len(several) for several in numbers().values())
    assert not [lines[at] for at in fields_and_values if not lines[at - 1].startswith("//")]


def test_the_committed_code_is_what_the_contract_generates() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "protos.generate", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
