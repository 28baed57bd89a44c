"""Hotlist files: the UK 16-column file, plain CSV with a header, and JSON lines; plain or alone in a ZIP.

The form is told from the first line: `{` begins JSON lines, a header with `vrm` plain CSV, sixteen fields the UK file
(VRM, Make, Model, Colour, Action, Warning Markers, Reason, NIM 5x5x5 code, Information/Action, Force & Area, Weed
Date, PNC ID, GPMS Marking, CAD Information, Spare 1, Spare 2). In a delta a line replaces all entries of its mark on
its list; `change` = remove (in the UK file: action DELETE) takes them off.

On failure: NotFound when the file cannot be read, BadInput when it is no list at all. A malformed line is told by
number and reason in `faults` and never quoted: it holds a mark.
"""

from __future__ import annotations

import csv
import hashlib
import json
import operator
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from pipeline.domain.hotlist import HotlistId
from pipeline.errors import BadInput, NotFound
from pipeline.match.lists.fields import FIELDS, LineParser

_UK_FIELDS = (
    *("vrm", "make", "model", "colour", "action", "warning_markers", "reason", "intelligence", "information"),
    *("force_area", "weed_date", "reference", "marking", "incident", "", ""),
)
_ACTION = FIELDS.index("action")
_CHANGE = FIELDS.index("change")
_UK_NAME = re.compile(r"(?P<source>[^_]+)_(?P<hotlist>.+)_(?P<revision>\d{1,15})\.dat", re.IGNORECASE)
_OLD_LINE_END = re.compile(r"(?<=\r)(?!\n)(?=.)", re.DOTALL)
_MOST_FAULTS_KEPT = 1000
_LONGEST_LINE = 1 << 20
"""A ZIP of a few bytes may hold one line that fills all memory."""
_NOTHING: dict[str, str] = dict.fromkeys(FIELDS, "")


class Form(StrEnum):
    """How a list file is written."""

    UK = "uk"
    CSV = "csv"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFile:
    """What a file holds. A row's number of the list is its place in `lists`."""

    name: str
    form: Form
    lists: tuple[HotlistId, ...]
    entries: pa.Table
    removals: pa.Table
    digest: str
    """SHA-256 of the file."""
    fault_count: int
    faults: tuple[tuple[int, str], ...]
    """The first of the malformed lines: number and reason."""
    revision: int | None
    """The owner's own number, where the file's name bears one."""


Row = tuple[int, tuple[str, ...] | BadInput]


def read_list_file(path: Path, *, of_list: HotlistId | None = None, delta: bool = False) -> ListFile:
    """Return what is in the file. `of_list` names the list of lines that name none."""
    with _opened(path) as (name, file):
        lines = _Lines(name, file)
        text = iter(lines)
        first = next(text, "")
        form = _form_of(first, name)
        named = _UK_NAME.fullmatch(name)
        if form is Form.UK and of_list is None and named:
            of_list = HotlistId(f"{named['source']}-{named['hotlist']}")
        parser = LineParser(of_list=of_list, delta=delta)
        faults: list[tuple[int, str]] = []
        count = 0
        for line, values in _ROWS[form](name, chain([first], text)):
            try:
                if isinstance(values, BadInput):
                    raise values
                parser.take(values)
            except BadInput as error:
                count += 1
                if len(faults) < _MOST_FAULTS_KEPT:
                    faults.append((line, str(error)))
    return ListFile(
        name=name,
        form=form,
        lists=parser.lists,
        entries=parser.entries.build(),
        removals=parser.removals.build(),
        digest=lines.digest,
        fault_count=count,
        faults=tuple(faults),
        revision=int(named["revision"]) if named else None,
    )


class _Lines:
    """The decoded lines of a file, digested as they pass."""

    def __init__(self, name: str, file: IO[bytes]) -> None:
        self._name = name
        self._file = file
        self._digest = hashlib.sha256()

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[str]:
        read = 0
        encoding = "utf-8-sig"
        while line := self._file.readline(_LONGEST_LINE):
            if len(line) == _LONGEST_LINE and not line.endswith(b"\n"):
                raise BadInput(f"{self._name}: a line is longer than {_LONGEST_LINE:,} bytes: this is no list")
            self._digest.update(line)
            try:
                text = line.decode(encoding)
            except UnicodeDecodeError as error:
                # the codec's own error carries the line
                raise BadInput(f"{self._name}: is not UTF-8 at byte {read + error.start}") from None
            if "\r" in text[:-2]:
                yield from _OLD_LINE_END.split(text)
            else:
                yield text
            read += len(line)
            encoding = "utf-8"


@contextmanager
def _opened(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Give the file's name and content, or those of the one file in the ZIP it is."""
    try:
        if path.suffix.lower() != ".zip":
            with path.open("rb") as file:
                yield path.name, file
            return
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) != 1:
                raise BadInput(f"{path.name}: a zipped list holds one file, this holds {len(members)}")
            with archive.open(members[0]) as file:
                yield Path(members[0].filename).name, file
    except OSError as error:
        raise NotFound(f"{path}: the hotlist cannot be read: {error.strerror}") from error
    except zipfile.BadZipFile as error:
        raise BadInput(f"{path.name}: is no whole ZIP file: {error}") from error


def _form_of(first: str, name: str) -> Form:
    if first.lstrip().startswith("{"):
        return Form.JSON
    try:
        fields = next(csv.reader([first], strict=True), [])
    except csv.Error:
        fields = []
    if "vrm" in fields and not set(fields) - set(FIELDS):
        if len(set(fields)) < len(fields):
            raise BadInput(f"{name}: line 1: the header names a column twice")
        return Form.CSV
    if len(fields) == len(_UK_FIELDS):
        return Form.UK
    raise BadInput(
        f"{name}: line 1: is neither JSON, nor the UK file's {len(_UK_FIELDS)} fields, nor a header that names vrm"
        f" and only {','.join(FIELDS)}"
    )


def _rows_of_csv(lines: Iterator[str]) -> Iterator[tuple[int, list[str] | BadInput]]:
    """Yield every row that is not blank, or what is wrong with it, with the number of the line where it begins."""
    reader = csv.reader(lines, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            yield line, BadInput(str(error))
            continue
        if row is None:
            return
        if row:
            yield line, row


def _plain_rows(name: str, lines: Iterator[str]) -> Iterator[Row]:
    rows = _rows_of_csv(lines)
    header = next(rows)[1]
    assert not isinstance(header, BadInput), "the form was told from it"
    # what the header does not name is taken from one empty field behind the row
    pick = _picker([header.index(field) if field in header else len(header) for field in FIELDS])
    width = len(header)
    for line, row in rows:
        if isinstance(row, BadInput):
            yield line, row
        elif len(row) > width:
            yield line, BadInput("has more fields than the header")
        else:
            row.extend([""] * (width + 1 - len(row)))
            yield line, pick(row)


def _uk_rows(name: str, lines: Iterator[str]) -> Iterator[Row]:
    width = len(_UK_FIELDS)
    pick = _picker([_UK_FIELDS.index(field) if field in _UK_FIELDS else width for field in FIELDS])
    for line, row in _rows_of_csv(lines):
        if isinstance(row, BadInput):
            yield line, row
        elif len(row) != width:
            yield line, BadInput(f"has {len(row)} fields, the UK file has {width}")
        elif line > 1 or row[0].strip().upper() != "VRM":
            values = pick([*row, ""])
            yield line, _deletion_of(values) if values[_ACTION].strip().upper() == "DELETE" else values


def _deletion_of(values: tuple[str, ...]) -> tuple[str, ...]:
    changed = list(values)
    changed[_ACTION], changed[_CHANGE] = "", "remove"
    return tuple(changed)


def _json_rows(name: str, lines: Iterator[str]) -> Iterator[Row]:
    for line, text in enumerate(lines, 1):
        if text.strip():
            try:
                yield line, _values_of(text)
            except BadInput as error:
                yield line, error


def _values_of(text: str) -> tuple[str, ...]:
    try:
        given: Any = json.loads(text)
    except (ValueError, RecursionError):
        # the decoder's own error carries the line
        raise BadInput("is no JSON") from None
    if not isinstance(given, dict):
        raise BadInput("is no JSON object")
    if given.keys() - _NOTHING.keys():
        raise BadInput(f"has a key that is none of {', '.join(FIELDS)}")
    if not all(isinstance(value, str | int) or value is None for value in given.values()):
        raise BadInput("has a value that is neither text nor a whole number")
    return tuple("" if value is None else str(value) for value in (_NOTHING | given).values())


def _picker(positions: list[int]) -> Callable[[list[str]], tuple[str, ...]]:
    return operator.itemgetter(*positions)


_ROWS: dict[Form, Callable[[str, Iterator[str]], Iterator[Row]]] = {
    Form.CSV: _plain_rows,
    Form.UK: _uk_rows,
    Form.JSON: _json_rows,
}
