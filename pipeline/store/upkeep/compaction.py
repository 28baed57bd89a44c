"""Small commits become large files: of a day that goes on, small files are merged; a day that is over is sorted.

Promise: a compaction changes no row, and is one commit of its own, which neither waits for appends nor is waited for by
them. Readers of an older version find its files for `keep_replaced_files_hours` more. On a local folder the new files
are on disk before the old ones may go. Reads and marks of a closed day are z-ordered by the folded mark alone, which
sorts them; pictures are merged but never sorted, so that few are in memory at once. Files larger than the target of
merging are left as they are, so that a day's files are not written over and over.

On failure: Unavailable for a disk that is full or a commit that somebody else's overtook (nothing has changed, the next
step tries again), IntegrityError when a file of the day is damaged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from deltalake import DeltaTable

from pipeline.store.durable import settle_up_to
from pipeline.store.settings import UpkeepSettings
from pipeline.store.tables import IMAGES, KINDS, open_table, translated
from pipeline.store.upkeep.listing import DataFile, files_of

FAULT_POINTS = ("before-compaction", "compacted", "compaction-durable", "before-vacuum", "vacuumed")
"""Moments at which the tests kill the process, in order."""
_MEBIBYTE = 2**20
_LATE_READS_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One day of one table that is due. `files` are those it is due for."""

    name: str
    day: date
    sort: bool
    files: frozenset[str]


class Compactor:
    """`step` does the most urgent work. `at_point` is told of every fault point as it passes."""

    def __init__(self, url: str, settings: UpkeepSettings, at_point: Callable[[str], None] = lambda _: None) -> None:
        self._url = url
        self._settings = settings
        self._at_point = at_point
        self._done: set[frozenset[str]] = set()

    def step(self, now: datetime) -> int:
        """Merge or sort one day of one table; return how many files were replaced, 0 when nothing is due."""
        for name in KINDS:
            table = open_table(self._url, name)
            work = [one for one in due(name, files_of(table), now, self._settings) if one.files not in self._done]
            if work:
                return self._do(table, work[0])
        return 0

    def remove_replaced(self) -> int:
        """Delete the files that nothing refers to any more and no reader can be using; return how many."""
        self._at_point("before-vacuum")
        removed = 0
        for name in KINDS:
            with translated(name):
                table = open_table(self._url, name)
                # `full`: what a killed writer left behind is in no log; it goes by its age
                removed += len(
                    table.vacuum(
                        self._settings.keep_replaced_files_hours,
                        dry_run=False,
                        enforce_retention_duration=False,
                        full=True,
                    )
                )
        self._at_point("vacuumed")
        return removed

    def _do(self, table: DeltaTable, work: Work) -> int:
        self._at_point("before-compaction")
        before = table.version()
        kind = KINDS[work.name]
        day = [("capture_day", "=", work.day.isoformat())]
        memory = self._settings.sort_memory_mebibytes * _MEBIBYTE
        with translated(work.name):
            if work.sort:
                told = table.optimize.z_order(
                    [kind.sorted_by],
                    partition_filters=day,
                    target_size=self._settings.sorted_file_mebibytes * _MEBIBYTE,
                    max_concurrent_tasks=1,
                    max_spill_size=memory,
                    writer_properties=kind.settled,
                )
            else:
                told = table.optimize.compact(
                    partition_filters=day,
                    target_size=_merge_target(work.name, self._settings),
                    max_concurrent_tasks=1,
                    max_spill_size=memory,
                    writer_properties=kind.settled,
                )
        self._at_point("compacted")
        settle_up_to(self._url, work.name, table.version(), before)
        self._at_point("compaction-durable")
        # whatever it made of them, these files are not worth another try
        self._done = {work.files, frozenset(file.path for file in files_of(table) if file.day == work.day)}
        return int(told["numFilesRemoved"])


def due(name: str, files: Sequence[DataFile], now: datetime, settings: UpkeepSettings) -> list[Work]:
    """Return the days of the table called `name` that are due at `now`, the oldest first."""
    days: dict[date, list[DataFile]] = {}
    for file in files:
        days.setdefault(file.day, []).append(file)
    work = (_due(name, day, several, now, settings) for day, several in sorted(days.items()))
    return [one for one in work if one is not None]


def _due(name: str, day: date, files: list[DataFile], now: datetime, settings: UpkeepSettings) -> Work | None:
    closed = day < (now - timedelta(hours=settings.day_closed_after_hours)).astimezone(UTC).date()
    quiet = all(now - file.modified >= _LATE_READS_WAIT for file in files)
    sort = closed and bool(KINDS[name].sorted_by)
    whole = settings.sorted_file_mebibytes * _MEBIBYTE // 2 if sort else _merge_target(name, settings)
    small = [file for file in files if file.size < whole]
    most = settings.merge_image_files if name == IMAGES else settings.merge_files
    crowded = len(small) >= most or (name == IMAGES and sum(file.size for file in small) >= whole)
    if len(small) < 2 or not (crowded or (closed and quiet)):
        return None
    chosen = files if sort else small
    return Work(name=name, day=day, sort=sort, files=frozenset(file.path for file in chosen))


def _merge_target(name: str, settings: UpkeepSettings) -> int:
    return (settings.merged_image_file_mebibytes if name == IMAGES else settings.merged_file_mebibytes) * _MEBIBYTE
