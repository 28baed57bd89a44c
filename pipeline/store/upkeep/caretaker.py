"""Keeps the store in order while it is written to and read: merges, sorts, looks for damage, erases what is past its
limit (here and in what other stages keep), and removes what nothing needs.

On failure: each chore fails alone and is tried again at its next turn; the first error is raised when all had theirs.
Appending reads never waits for any of it. A damaged file is put into quarantine, and counted.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from pipeline import metrics
from pipeline.domain.ports import Clock
from pipeline.domain.retention import limit_of
from pipeline.errors import AnprError, IntegrityError, NotFound
from pipeline.store.files import Files
from pipeline.store.integrity.quarantine import quarantine, quarantined
from pipeline.store.integrity.verify import verify
from pipeline.store.settings import RetentionSettings, UpkeepSettings
from pipeline.store.tables import KINDS, open_table
from pipeline.store.upkeep.compaction import Compactor
from pipeline.store.upkeep.erasures import Erasure, record
from pipeline.store.upkeep.listing import files_of
from pipeline.store.upkeep.log import tidy_log
from pipeline.store.upkeep.retention import Retention

LOOK_FOR_DAMAGE_EVERY = timedelta(days=1)
Expire = Callable[[datetime], Mapping[str, int]]
"""Erases what another stage keeps from before an instant; returns how many of what kind."""


class Caretaker:
    """`step` does what is due. `others` erase what other stages keep."""

    def __init__(
        self,
        url: str,
        *,
        upkeep: UpkeepSettings,
        retention: RetentionSettings,
        others: Sequence[Expire],
        clock: Clock,
        at_point: Callable[[str], None] = lambda _: None,
    ) -> None:
        for name in KINDS:
            # an alert on what a counter grows by must have seen it at nothing
            metrics.STORE_FAULTS.labels(name)
        self._url = url
        self._upkeep = upkeep
        self._months = retention.months
        self._others = others
        self._clock = clock
        self._compactor = Compactor(url, upkeep, at_point)
        self._retention = Retention(url, retention, at_point)
        self._merge_at = self._tidy_at = clock.monotonic()
        self._look_at = clock.now()

    def step(self) -> bool:
        """Do what has been due for longest; return whether anything was. Raises the first error after all was done.

        By how long, so that chores which take longer than they are apart leave the others their turn.
        """
        errors: list[AnprError] = []
        now, at = self._clock.monotonic(), self._clock.now()
        overdue = {
            self._merge_turn: now - self._merge_at,
            self._tidy_turn: now - self._tidy_at,
            self._look_turn: (at - self._look_at).total_seconds(),
        }
        longest = max(overdue, key=overdue.__getitem__)
        if overdue[longest] < 0:
            return False
        longest(now, at, errors)
        if errors:
            raise errors[0]
        return True

    def _merge_turn(self, now: float, _: datetime, errors: list[AnprError]) -> None:
        self._merge_at = now + self._upkeep.merge_every_seconds
        self._try(self.merge, errors)

    def _tidy_turn(self, now: float, _: datetime, errors: list[AnprError]) -> None:
        self._tidy_at = now + self._upkeep.tidy_every_seconds
        for chore in (self.expire, self.tidy, self._measure):
            self._try(chore, errors)

    def _look_turn(self, _: float, at: datetime, errors: list[AnprError]) -> None:
        self._look_at = at + LOOK_FOR_DAMAGE_EVERY
        self._try(self._look_for_damage, errors)

    def merge(self) -> int:
        """Merge and sort whatever is due now; return how many files were replaced."""
        replaced = 0
        while done := self._merge_once():
            replaced += done
            metrics.STORE_COMPACTED.inc(done)
        return replaced

    def expire(self, *, confirmed: bool = False) -> Mapping[str, int]:
        """Erase what is past its limit, here and in the other stages; return how many of what kind."""
        now = self._clock.now()
        gone = Counter(self._retention.expire(now, confirmed=confirmed))
        before = limit_of(now.astimezone(UTC).date(), self._months)
        elsewhere: Counter[str] = Counter()
        errors: list[AnprError] = []
        for expire in self._others:
            self._try(lambda expire=expire: elsewhere.update(expire(before)), errors)  # type: ignore[misc]
        if +elsewhere:
            because = f"retention of {self._months} months"
            told = Erasure(
                erasure_id=uuid.uuid4().hex[:12], at=now, before=before, because=because, counts=dict(+elsewhere)
            )
            record(Files(self._url), told)
        for kind, count in (gone + elsewhere).items():
            metrics.ERASED.labels(kind).inc(count)
        if errors:
            raise errors[0]
        metrics.RETENTION_AT.set(now.timestamp())
        return gone + elsewhere

    def _merge_once(self) -> int:
        try:
            return self._compactor.step(self._clock.now())
        except IntegrityError:
            # which file it is, the engine does not reliably say
            self._look_for_damage()
            raise

    def _look_for_damage(self) -> None:
        quarantine(self._url, verify(self._url, quick=True).faults, self._clock.now())

    def tidy(self) -> int:
        """Remove replaced files and old log files; return how many of the first."""
        removed = self._compactor.remove_replaced()
        for name in KINDS:
            tidy_log(self._url, name)
        return removed

    def _measure(self) -> None:
        metrics.STORE_QUARANTINED.set(len(quarantined(self._url)))
        for name in KINDS:
            files = files_of(open_table(self._url, name))
            metrics.STORE_FILES.labels(name).set(len(files))
            metrics.STORE_BYTES.labels(name).set(sum(file.size for file in files))
            metrics.STORE_ROWS.labels(name).set(sum(file.rows for file in files))

    def _try(self, chore: Callable[[], object], errors: list[AnprError]) -> None:
        try:
            chore()
        except NotFound:
            # nothing was ever stored, so there is nothing to look after
            return
        except AnprError as error:
            errors.append(error)
