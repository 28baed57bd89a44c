"""Erases reads and pictures when their time is up: rows, files, and what the log told of them.

Promise: a row goes when the day of its capture or the day of its receipt is past the limit, whichever comes first; so a
clock that ran ahead keeps nothing longer, and one that stood in the past nothing at all. A day in the future whose rows
were received in the future too goes so long after it was first noticed. Days go whole, by dropping their partition;
the files are unlinked at once, the log is rolled into a checkpoint without them, and older checkpoints and commits,
whose statistics hold marks, are removed. What is to be done is written down first and done to the end by whoever comes
after a crash.

On failure: Unavailable, with the rest left for the next try; also when the date jumped further than anybody can have
meant (`longest_standstill_days`), because a wrong clock must not erase a year.
"""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow.compute as pc
from deltalake import DeltaTable, write_deltalake

from pipeline.domain.retention import last_day_kept, limit_of
from pipeline.errors import Unavailable
from pipeline.store.durable import settle_up_to
from pipeline.store.files import Files
from pipeline.store.layout import MARKS
from pipeline.store.settings import RetentionSettings
from pipeline.store.tables import IMAGES, KINDS, READS, open_table, translated
from pipeline.store.upkeep.erasures import Erasure, record
from pipeline.store.upkeep.listing import DataFile, files_of
from pipeline.store.upkeep.log import erase_log

FAULT_POINTS = (
    "before-erasure",
    "erasure-intended",
    "rows-deleted",
    "files-unlinked",
    "log-erased",
    "erasure-recorded",
    "erasure-ended",
)
"""Moments at which the tests kill the process, in order."""

QUARANTINE = "quarantine"
_ERASED = (MARKS, IMAGES, READS)
"""In this order: no mark leads to a read that is gone."""
_SEEN, _INTENT = "ledger/retention.json", "ledger/intent.json"
_BATCH = 512
"""Rows in memory at once when a day is written again; they may be pictures."""
_TORN = re.compile(r"#\d+$|\.tmp$|\.part$")
"""How those who write name what is not whole yet; vacuum passes them over."""
_IN_THE_MAKING = timedelta(minutes=10)
"""A file that no log names may be a commit in the making until it is so old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Intent:
    """What is to be erased. `days` and `files` are by table; `counts` by kind."""

    erasure_id: str
    at: str
    before: str
    days: dict[str, list[str]]
    files: dict[str, list[str]]
    counts: dict[str, int]


class Retention:
    """Keeps the tables at `url` within the limit. `at_point` is told of every fault point as it passes."""

    def __init__(self, url: str, settings: RetentionSettings, at_point: Callable[[str], None] = lambda _: None) -> None:
        self._url = url
        self._files = Files(url)
        self._settings = settings
        self._at_point = at_point

    def expire(self, now: datetime, *, confirmed: bool = False) -> Mapping[str, int]:
        """Erase what is past the limit at `now`; return how many of what kind. `confirmed` believes any date."""
        self._at_point("before-erasure")
        gone: Counter[str] = Counter()
        if self._files.exists(_INTENT):
            gone.update(self._carry_out(_Intent(**json.loads(self._files.read(_INTENT))), now))
        first_seen = self._look_at_the_clock(now, confirmed=confirmed)
        gone["stray files"] = self._sweep(now)
        intent = self._intent(now, first_seen)
        if intent is not None:
            self._files.write(_INTENT, json.dumps(asdict(intent)).encode())
            self._at_point("erasure-intended")
            gone.update(self._carry_out(intent, now))
        return +gone

    def _sweep(self, now: datetime) -> int:
        """Remove what killed writers left, which no log names: in days that are past, and torn files anywhere."""
        past = limit_of(now.astimezone(UTC).date(), self._settings.months).date().isoformat()
        strays = []
        for name in _ERASED:
            used = {f"{name}/{file.path}" for file in files_of(open_table(self._url, name))}
            strays += [
                file.path
                for file in self._files.under(name)
                if file.path not in used
                and now - file.modified > _IN_THE_MAKING
                and (_TORN.search(file.path) or "0" < _day_in(file.path) < past)
            ]
        return sum(self._files.delete(path) for path in strays)

    def _look_at_the_clock(self, now: datetime, *, confirmed: bool) -> dict[str, str]:
        """Return when each day in the future was first noticed. Raises Unavailable for a date not to be believed."""
        known: dict[str, Any] = {"last": now.isoformat(), "ahead": {}}
        if self._files.exists(_SEEN):
            known = json.loads(self._files.read(_SEEN))
        since = now - datetime.fromisoformat(known["last"])
        if since > timedelta(days=self._settings.longest_standstill_days) and not confirmed:
            raise Unavailable(
                f"retention last ran {since.days} days before the date that the clock shows: nothing is erased until"
                " somebody has looked at the clock and confirmed it with `anpr store expire --confirm-date`"
            )
        today = now.astimezone(UTC).date()
        days = {file.day for name in _ERASED for file in files_of(open_table(self._url, name))}
        ahead = sorted(day for day in days if day > today + timedelta(days=1))
        noticed = {day.isoformat(): known["ahead"].get(day.isoformat(), today.isoformat()) for day in ahead}
        self._files.write(_SEEN, json.dumps({"last": now.isoformat(), "ahead": noticed}).encode())
        return noticed

    def _intent(self, now: datetime, noticed: Mapping[str, str]) -> _Intent | None:
        today = now.astimezone(UTC).date()
        before = limit_of(today, self._settings.months)
        late = {
            day
            for day, since in noticed.items()
            if last_day_kept(date.fromisoformat(since), self._settings.months) < today
        }
        days, files, counts = {}, {}, {}
        for name in _ERASED:
            table = open_table(self._url, name)
            whole, partly = _past(files_of(table), before, late)
            days[name] = sorted({file.day.isoformat() for file in whole})
            files[name] = [file.path for file in (*whole, *partly)]
            counts[name] = sum(file.rows for file in whole) + _rows_received(table, partly, before)
        held = [file.path for file in self._files.under(QUARANTINE) if _day_in(file.path) < before.date().isoformat()]
        if not any(files.values()) and not held:
            return None
        return _Intent(
            erasure_id=uuid.uuid4().hex[:12],
            at=now.isoformat(),
            before=before.isoformat(),
            days=days,
            files=files | {QUARANTINE: held},
            counts=counts | {"quarantined files": len(held)},
        )

    def _carry_out(self, intent: _Intent, now: datetime) -> Mapping[str, int]:
        let_go = {name: self._delete_rows(name, intent) for name in _ERASED}
        self._at_point("rows-deleted")
        counts = dict(intent.counts)
        counts["files"] = sum(self._unlink(name, intent, let_go[name], now) for name in _ERASED)
        for path in intent.files[QUARANTINE]:
            self._files.delete(path)
        self._at_point("files-unlinked")
        counts["log files"] = sum(erase_log(self._url, name) for name in _ERASED)
        self._at_point("log-erased")
        at, before = datetime.fromisoformat(intent.at), datetime.fromisoformat(intent.before)
        because = f"retention of {self._settings.months} months"
        record(
            self._files,
            Erasure(erasure_id=intent.erasure_id, at=at, before=before, because=because, counts=counts),
        )
        self._at_point("erasure-recorded")
        self._files.delete(_INTENT)
        self._at_point("erasure-ended")
        return counts

    def _delete_rows(self, name: str, intent: _Intent) -> set[str]:
        """Take the rows out of the table; return the files that it named before and does not any more."""
        table = open_table(self._url, name)
        version = table.version()
        with translated(name):
            there = files_of(table)
            present = {file.day.isoformat() for file in there}
            days = [day for day in intent.days[name] if day in present]
            if days:
                table.delete(f"capture_day IN ({_dates(days)})")
            before = datetime.fromisoformat(intent.before)
            # what came to other days since the intent was written is the next one's, which names and counts it
            named = {_day_in(path) for path in intent.files[name]}
            partly = [file for file in files_of(table) if file.first_received and file.first_received < before]
            for day in sorted({file.day for file in partly if file.day.isoformat() in named}):
                _rewrite(table, name, day, before)
            still = {file.path for file in files_of(table)}
        settle_up_to(self._url, name, table.version(), version)
        return {file.path for file in there} - still

    def _unlink(self, name: str, intent: _Intent, let_go: set[str], now: datetime) -> int:
        """Remove the files of the rows that went, and whatever else lies unused in the folders of their days: what
        compaction replaced holds the same rows. `let_go` are files that the table has just let go."""
        used = {file.path for file in files_of(open_table(self._url, name))}
        chosen = {f"{name}/{path}" for path in {*intent.files[name], *let_go} if path not in used}
        for day in {*intent.days[name], *map(_day_in, intent.files[name])}:
            there = self._files.under(f"{name}/capture_day={day}")
            chosen |= {
                file.path
                for file in there
                if file.path.removeprefix(f"{name}/") not in used and now - file.modified > _IN_THE_MAKING
            }
        return sum(self._files.delete(path) for path in sorted(chosen))


def _past(files: list[DataFile], before: datetime, late: set[str]) -> tuple[list[DataFile], list[DataFile]]:
    """Return the files of days that go whole, and those of other days that hold rows received too long ago."""
    whole = [file for file in files if file.day < before.date() or file.day.isoformat() in late]
    others = [file for file in files if not (file.day < before.date() or file.day.isoformat() in late)]
    return whole, [file for file in others if file.first_received is not None and file.first_received < before]


def _rewrite(table: DeltaTable, name: str, day: date, before: datetime) -> None:
    """Write a day again without the rows received before that instant.

    The engine's own DELETE would write strings as views, which other readers of Parquet cannot compare with strings.
    """
    wanted = (pc.field("capture_day") == day) & (pc.field("received_at") >= before)
    kept = table.to_pyarrow_dataset().scanner(filter=wanted, batch_size=_BATCH)
    write_deltalake(
        table,
        kept.to_reader(),
        mode="overwrite",
        predicate=f"capture_day = DATE '{day}'",
        writer_properties=KINDS[name].settled,
    )


def _rows_received(table: DeltaTable, files: list[DataFile], before: datetime) -> int:
    if not files:
        return 0
    wanted = pc.field("capture_day").isin(sorted({file.day for file in files})) & (pc.field("received_at") < before)
    return int(table.to_pyarrow_dataset().count_rows(filter=wanted))


def _dates(days: Iterable[str]) -> str:
    return ", ".join(f"DATE '{day}'" for day in sorted(days))


def _day_in(path: str) -> str:
    return path.partition("capture_day=")[2][:10]
