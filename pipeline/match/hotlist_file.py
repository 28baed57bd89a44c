"""The plain hotlist: a CSV file with a header, of which only `vrm` must be filled in each line.

Header: vrm,hotlist_id,reason,priority,action,owner,warning_markers,valid_from,weed_date,make,model,colour. Dates are
ISO 8601; one without a time zone is UTC; a weed date without a time ends with that day.

On failure: BadInput lists every malformed line by number and reason. A line is never quoted: it holds a mark.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from pipeline.domain.hotlist import Action, HotlistId, VehicleOfInterest
from pipeline.domain.vrm import parse_vrm
from pipeline.errors import BadInput, NotFound

COLUMNS = (
    "vrm",
    "hotlist_id",
    "reason",
    "priority",
    "action",
    "owner",
    "warning_markers",
    "valid_from",
    "weed_date",
    "make",
    "model",
    "colour",
)
_DEFAULT_PRIORITY = 3
_PRIORITY = re.compile(r"[0-9]{1,9}")
_MOST_FAULTS_TOLD = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotlist:
    """The entries of a file, and a revision that changes with its content."""

    revision: str
    entries: tuple[VehicleOfInterest, ...]


def load_hotlist(path: Path) -> Hotlist:
    """Return the list in `path`. Raises NotFound, or BadInput naming every malformed line."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotFound(f"{path}: the hotlist cannot be read: {error.strerror}") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # the codec's own error carries the whole content
        raise BadInput(f"{path}: is not UTF-8 at byte {error.start}") from None
    rows = _rows(text)
    header = next(rows, (1, []))[1]
    if isinstance(header, csv.Error) or "vrm" not in header or set(header) - set(COLUMNS):
        raise BadInput(f"{path}: line 1: the header must name vrm, and only {','.join(COLUMNS)}")
    if len(set(header)) < len(header):
        raise BadInput(f"{path}: line 1: the header names a column twice")
    entries, faults = [], []
    for line, row in rows:
        try:
            entries.append(_entry(header, row))
        except BadInput as error:
            faults.append(f"{path}: line {line}: {error}")
    if faults:
        more = [f"… and {len(faults) - _MOST_FAULTS_TOLD} more"] if len(faults) > _MOST_FAULTS_TOLD else []
        raise BadInput("\n".join(faults[:_MOST_FAULTS_TOLD] + more))
    return Hotlist(revision=hashlib.sha256(content).hexdigest()[:16], entries=tuple(entries))


def _rows(text: str) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """Yield every row that is not blank, or what is wrong with it, with the number of the line where it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            yield line, error
            continue
        if row is None:
            return
        if row:
            yield line, row


def _entry(header: list[str], row: list[str] | csv.Error) -> VehicleOfInterest:
    if isinstance(row, csv.Error):
        raise BadInput(str(row))
    if len(row) > len(header):
        raise BadInput("has more fields than the header")
    given = {column: value.strip() for column, value in zip(header, row, strict=False)}
    action = given.get("action", "").upper() or Action.SILENT.value
    if action not in Action.__members__:
        raise BadInput(f"action must be one of {', '.join(Action.__members__)}")
    priority = given.get("priority", "") or str(_DEFAULT_PRIORITY)
    if not _PRIORITY.fullmatch(priority):
        raise BadInput("priority must be a whole number")
    return VehicleOfInterest(
        vrm=parse_vrm(given.get("vrm", "")),
        hotlist_id=HotlistId(given.get("hotlist_id", "") or "default"),
        reason=given.get("reason", ""),
        priority=int(priority),
        action=Action(action),
        owner=given.get("owner", ""),
        warning_markers=given.get("warning_markers", ""),
        valid_from=_instant(given.get("valid_from", ""), "valid_from", end_of_day=False),
        weed_date=_instant(given.get("weed_date", ""), "weed_date", end_of_day=True),
        make=given.get("make", ""),
        model=given.get("model", ""),
        colour=given.get("colour", ""),
    )


def _instant(text: str, column: str, *, end_of_day: bool) -> datetime | None:
    if not text:
        return None
    try:
        return _midnight(date.fromisoformat(text), end_of_day=end_of_day)
    except ValueError:
        # not a day alone: then it must be a day with a time
        pass
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise BadInput(f"{column} must be an ISO 8601 date or time") from None


def _midnight(day: date, *, end_of_day: bool) -> datetime:
    if end_of_day and day == date.max:
        # 9999-12-31 is how lists write "for ever", and the midnight after it has no date
        return datetime.max.replace(tzinfo=UTC)
    return datetime.combine(day + timedelta(days=end_of_day), time(), UTC)
