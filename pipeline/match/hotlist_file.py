"""The plain hotlist: a CSV file with a header, of which only `vrm` must be filled in each line.

Header: vrm,hotlist_id,reason,priority,action,owner,warning_markers,valid_from,weed_date,make,model,colour. Dates are
ISO 8601; one without a time zone is UTC; a weed date without a time ends with that day.

On failure: BadInput lists every malformed line by number and reason. A line is never quoted: it holds a mark.
"""

from __future__ import annotations

import csv
import hashlib
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
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: is not UTF-8 at byte {error.start}") from error
    rows = csv.DictReader(lines, restkey="", strict=True)
    unknown = set(rows.fieldnames or ()) - set(COLUMNS)
    if "vrm" not in (rows.fieldnames or ()) or unknown:
        raise BadInput(f"{path}: line 1: the header must name vrm, and only {','.join(COLUMNS)}")
    entries, faults = [], []
    try:
        for row in rows:
            try:
                entries.append(_entry(row))
            except (BadInput, ValueError) as error:
                faults.append(f"{path}: line {rows.line_num}: {error}")
    except csv.Error as error:
        faults.append(f"{path}: line {rows.line_num}: {error}")
    if faults:
        more = [f"… and {len(faults) - _MOST_FAULTS_TOLD} more"] if len(faults) > _MOST_FAULTS_TOLD else []
        raise BadInput("\n".join(faults[:_MOST_FAULTS_TOLD] + more))
    return Hotlist(revision=hashlib.sha256(content).hexdigest()[:16], entries=tuple(entries))


def _entry(row: dict[str, str | None]) -> VehicleOfInterest:
    if "" in row:
        raise BadInput("has more fields than the header")
    given = {key: (value or "").strip() for key, value in row.items()}
    action = given.get("action", "").upper() or Action.SILENT.value
    if action not in Action.__members__:
        raise BadInput(f"action must be one of {', '.join(Action.__members__)}")
    priority = given.get("priority", "") or str(_DEFAULT_PRIORITY)
    if not priority.isdecimal():
        raise BadInput("priority must be a whole number")
    return VehicleOfInterest(
        vrm=parse_vrm(given["vrm"]),
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
        if len(text) == len("2026-01-31"):
            day = date.fromisoformat(text) + timedelta(days=1 if end_of_day else 0)
            return datetime.combine(day, time(), UTC)
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise BadInput(f"{column} must be an ISO 8601 date or time") from None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
