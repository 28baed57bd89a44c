"""What reads bytes of strangers, each as a function that bears any bytes, with messages to begin from.

A target raises AssertionError when an error is not one of the project's, or when it or a reason quotes the mark that
all the messages are about: whatever reaches a sender or a log must not.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path

from pipeline.errors import BadInput
from pipeline.join.answers import answer_for, answer_to
from pipeline.join.desk import Receipt
from pipeline.join.formats import ADAPTERS
from pipeline.join.records import join
from pipeline.join.settings import Format
from pipeline.match.lists.file import read_list_file
from pipeline.wire.read_columns import tables_of
from pipeline.wire.read_proto import decode_read, decode_record, encode_read, encode_record
from tests.support.builders import a_record
from tests.support.joined import (
    AT,
    HIKVISION,
    LATE_PICTURE,
    MARK,
    MESSAGES,
    OVERVIEW,
    PATCH,
    SEND_COMPACT,
    a_message,
    a_sender,
)

Run = Callable[[bytes], None]
_MORE_SEEDS = {Format.BOF2: [SEND_COMPACT, LATE_PICTURE], Format.HIKVISION: [HIKVISION]}
_RECORD = a_record(patch=PATCH, overview=OVERVIEW)
_LISTS = [
    f"vrm,reason,priority,action\n{MARK},stolen,1,STOP\nXY34ZZ?,seen,2,SILENT\n".encode(),
    f"{MARK},FORD,FOCUS,BLUE,STOP,VIO,STOLEN,,stop it,46,31/12/2027,1/2/3,OFFICIAL,,,\n".encode(),
    f'{{"vrm": "{MARK}", "reason": "stolen", "valid_from": "2026-01-01"}}\n{{"vrm": "X*1"}}\n'.encode(),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    name: str
    run: Run
    seeds: list[bytes]


def targets() -> list[Target]:
    """Every target; those of adapters come first."""
    adapters = [
        Target(name=kind.value, run=_adapter(kind), seeds=[MESSAGES[kind][0], *_MORE_SEEDS.get(kind, [])])
        for kind in Format
    ]
    records = [encode_record(_RECORD), encode_record(replace(_RECORD, pictures_only=True))]
    return [
        *adapters,
        Target(name="record", run=_quiet(decode_record), seeds=records),
        Target(name="read", run=_quiet(decode_read), seeds=[encode_read(_RECORD.read)]),
        Target(name="columns", run=_quiet(lambda content: tables_of([content, records[0]])), seeds=records),
        Target(name="hotlist", run=_quiet(_list), seeds=_LISTS),
    ]


def _adapter(kind: Format) -> Run:
    sender, content_type = a_sender(kind), MESSAGES[kind][1]

    def run(body: bytes) -> None:
        # a message may be sent under another content type than it has
        for told in {content_type, "application/json"}:
            try:
                joined = join(ADAPTERS[kind](a_message(body, told)), sender, AT + timedelta(seconds=1))
            except BadInput as error:
                _hold(str(error))
                answer_for(error, kind)
                continue
            _hold(*joined.refused)
            answer_to(kind, Receipt(taken=len(joined.records), refused=joined.refused))
            # what was made of it is a read like any other
            for record in (*joined.records, *joined.late):
                assert decode_record(encode_record(record)) == record

    return run


def _quiet(read: Callable[[bytes], object]) -> Run:
    def run(content: bytes) -> None:
        try:
            read(content)
        except BadInput as error:
            _hold(str(error))

    return run


def _list(content: bytes) -> None:
    path = _scratch() / "list.csv"
    path.write_bytes(content)
    file = read_list_file(path)
    _hold(*(reason for _, reason in file.faults))


def _hold(*told: str) -> None:
    """Hold what a sender or a log may see against the mark."""
    assert not [one for one in told if MARK in one]


@cache
def _scratch() -> Path:
    return Path(tempfile.mkdtemp(prefix="anpr-fuzz-"))
