"""The fields of one line of a list, whatever form the file has, and the rules they must keep.

Dates are ISO 8601 or day/month/year; one without a time zone is UTC; a weed date without a time ends with that day.

On failure: BadInput says what is wrong with a line and never quotes it: it holds a mark.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from pipeline.domain.hotlist import Action, HotlistId
from pipeline.domain.vrm import parse_voi_mark
from pipeline.errors import BadInput
from pipeline.match.instants import OPEN_END, OPEN_START, micros_of
from pipeline.match.lists.entries import OWN_FIELDS, SHARED_FIELDS, EntriesBuilder

FIELDS = ("vrm", "hotlist_id", "change", "valid_from", "weed_date", *SHARED_FIELDS, *OWN_FIELDS)
"""Every field a line may have, in the order that readers give them; missing ones are empty."""
DEFAULT_LIST = HotlistId("default")
_SHARED = slice(5, 5 + len(SHARED_FIELDS))
_OWN = slice(5 + len(SHARED_FIELDS), None)
_LIST_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")
_DEFAULT_PRIORITY = 3
_PRIORITY = re.compile(r"[0-9]{1,9}")
_BRITISH_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:[ T](.+))?")
_CHANGES = {"": False, "put": False, "remove": True}
_MOST_REMEMBERED = 1 << 16
Key = TypeVar("Key")
Value = TypeVar("Value")


class LineParser:
    """Turns lines into rows of `entries`, and those that take a mark off a list into rows of `removals`."""

    def __init__(self, *, of_list: HotlistId | None, delta: bool) -> None:
        self.entries = EntriesBuilder()
        self.removals = EntriesBuilder()
        self._given = checked_list_name(of_list) if of_list else None
        self._delta = delta
        self._numbers: dict[str, int] = {self._given: 0} if self._given else {}
        self._known_numbers: dict[str, int] = {}
        self._starts: dict[str, int] = {"": OPEN_START}
        self._ends: dict[str, int] = {"": OPEN_END}
        self._shared: dict[tuple[str, ...], tuple[str, ...]] = {}

    @property
    def lists(self) -> tuple[HotlistId, ...]:
        """Return the lists met so far; a row's number of the list is its place here."""
        return tuple(HotlistId(name) for name in self._numbers)

    def take(self, values: tuple[str, ...]) -> None:
        """Take one line's values of FIELDS. Raises BadInput, and then nothing of the line was taken."""
        if not "".join(values).isprintable():
            values = tuple(_printable(value) for value in values)
        values = tuple(map(str.strip, values))
        vrm, list_name, change, valid_from, weed_date = values[:5]
        mark = parse_voi_mark(vrm)
        removes = _CHANGES.get(change.lower())
        if removes is None:
            raise BadInput("change must be put or remove")
        if removes and not self._delta:
            raise BadInput("only a delta can take a mark off a list")
        shared = _remembered(self._shared, values[_SHARED], _checked_shared)
        start = _remembered(self._starts, valid_from, _start)
        end = _remembered(self._ends, weed_date, _end)
        if end <= start:
            raise BadInput("weed_date must be after valid_from")
        number = self._known_numbers.get(list_name)
        if number is None:
            number = self._known_numbers[list_name] = self._number_of(list_name)
        into = self.removals if removes else self.entries
        into.add(vrm=mark, hotlist=number, valid_from=start, weed_date=end, shared=shared, own=values[_OWN])

    def _number_of(self, list_name: str) -> int:
        if self._given is not None:
            if list_name and list_name != self._given:
                raise BadInput("hotlist_id names another list than the one this file is loaded as")
            list_name = self._given
        return self._numbers.setdefault(checked_list_name(list_name or DEFAULT_LIST), len(self._numbers))


def checked_list_name(name: str) -> HotlistId:
    """Return the name as a list's. Raises BadInput for one that no label, path or argument could carry."""
    if not _LIST_NAME.fullmatch(name):
        raise BadInput("a list's name is 1 to 64 letters, digits, spaces, dots, - and _, a letter or digit first")
    return HotlistId(name)


def start_of(text: str) -> datetime:
    """Return the instant that `text` names; a day alone is its beginning. Raises BadInput."""
    return _instant(text, "the time", end_of_day=False)


def _remembered(known: dict[Key, Value], key: Key, find: Callable[[Key], Value]) -> Value:
    # lists repeat themselves: what was checked once is looked up
    value = known.get(key)
    if value is None:
        if len(known) >= _MOST_REMEMBERED:
            known.clear()
        value = known[key] = find(key)
    return value


def _checked_shared(values: tuple[str, ...]) -> tuple[str, ...]:
    action, priority, *texts = values
    action = action.upper() or Action.SILENT.value
    if action not in Action.__members__:
        raise BadInput(f"action must be one of {', '.join(Action.__members__)}")
    priority = priority or str(_DEFAULT_PRIORITY)
    if not _PRIORITY.fullmatch(priority):
        raise BadInput("priority must be a whole number")
    return (action, str(int(priority)), *texts)


def _printable(text: str) -> str:
    text = " ".join(text.split())
    if any(ord(character) < 32 or 127 <= ord(character) < 160 for character in text):
        raise BadInput("holds a control character")
    if any(0xD800 <= ord(character) < 0xE000 for character in text):
        # JSON can spell it, no encoding can hold it
        raise BadInput("holds half of a surrogate pair")
    return text


def _start(text: str) -> int:
    return OPEN_START if not text else micros_of(_instant(text, "valid_from", end_of_day=False))


def _end(text: str) -> int:
    return OPEN_END if not text else micros_of(_instant(text, "weed_date", end_of_day=True))


def _instant(text: str, column: str, *, end_of_day: bool) -> datetime:
    british = _BRITISH_DAY.fullmatch(text)
    if british:
        day, month, year, hours = british.groups()
        text = f"{year}-{month:0>2}-{day:0>2}" + (f"T{hours}" if hours else "")
    try:
        return _midnight(date.fromisoformat(text), end_of_day=end_of_day)
    except ValueError:
        # not a day alone: then it must be a day with a time
        pass
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise BadInput(f"{column} must be an ISO 8601 date or time, or day/month/year") from None


def _midnight(day: date, *, end_of_day: bool) -> datetime:
    if end_of_day and day == date.max:
        # 9999-12-31 is how lists write "for ever", and the midnight after it has no date
        return datetime.max.replace(tzinfo=UTC)
    return datetime.combine(day + timedelta(days=end_of_day), time(), UTC)
