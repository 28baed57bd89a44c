"""What the tests of alerts share: hits with their reads, a book to open again, a log of hits, clocks and people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.alert.book import AlertBook
from pipeline.alert.desk import AlertDesk
from pipeline.alert.pictures import PictureFolder
from pipeline.alert.routing import Told
from pipeline.alert.settings import AlertSettings
from pipeline.alert.tail import AlertTail
from pipeline.alert.terms import AskedTerms
from pipeline.domain.alert import AlertedHit, AlertedRead, Recipient
from pipeline.domain.hotlist import Hit, HitId, HitKind, HotlistId, HotlistTerms, hit_id_of
from pipeline.domain.plate import CameraId
from pipeline.domain.ports import RecordSource
from pipeline.domain.read import CaptureRecord, ReadId
from pipeline.errors import AnprError
from tests.support.builders import AT, a_read, a_voi
from tests.support.clock import ManualClock

CONTROL_ROOM = Recipient("control-room")
INSPECTOR = Recipient("duty-inspector")
OPEN_LISTS = {HotlistId(name): HotlistTerms(hotlist_id=HotlistId(name)) for name in ("stolen", "untaxed")}
TOLD = Told(recipients=(CONTROL_ROOM,), escalate_to=(INSPECTOR,))


def an_alerted_hit(
    number: int,
    *,
    seconds: float | None = None,
    kind: HitKind = HitKind.EXACT,
    camera: str = "north-gate",
    of_read: dict[str, Any] | None = None,
    **of_voi: Any,
) -> AlertedHit:
    """The hit of read `number`, captured `seconds` (or so many hours as its number) after the first."""
    after = timedelta(hours=number) if seconds is None else timedelta(seconds=seconds)
    read = a_read(
        **{
            "read_id": ReadId(f"{number:032x}"),
            "captured_at": AT + after,
            "received_at": AT + after + timedelta(seconds=1),
            "camera_id": CameraId(camera),
        }
        | (of_read or {})
    )
    voi = a_voi(**of_voi)
    hit = Hit(
        hit_id=hit_id_of(read.read_id, voi.hotlist_id, voi.vrm),
        read_id=read.read_id,
        voi=voi,
        kind=kind,
        likelihood=1.0 if kind is HitKind.EXACT else 0.4,
        hotlist_revision="r1",
    )
    return AlertedHit(hit=hit, read=AlertedRead.of(read))


class ListHits:
    """A `HitLog` over a list. The next of `refusals` is raised first."""

    def __init__(self, hits: Sequence[AlertedHit], refusals: Sequence[AnprError] = ()) -> None:
        self.hits = list(hits)
        self.refusals = list(refusals)

    def after(self, position: str, limit: int) -> list[tuple[str, AlertedHit]]:
        if self.refusals:
            raise self.refusals.pop(0)
        start = int(position or 0)
        return [(str(at + 1), self.hits[at]) for at in range(start, min(start + limit, len(self.hits)))]


class KeptRecords:
    """A `RecordSource` over records in memory."""

    def __init__(self, records: Sequence[CaptureRecord] = ()) -> None:
        self._records = {record.read.read_id: record for record in records}

    def record_of(self, read_id: ReadId) -> CaptureRecord | None:
        return self._records.get(read_id)


class Office:
    """A book under `folder` with a tail that fills it and a desk that answers for it."""

    def __init__(
        self,
        folder: Path,
        hits: Sequence[AlertedHit] = (),
        *,
        terms: dict[HotlistId, HotlistTerms] | None = None,
        records: Sequence[RecordSource] = (),
        clock: ManualClock | None = None,
        ask_terms: Callable[[], dict[HotlistId, HotlistTerms]] | None = None,
        **settings: Any,
    ) -> None:
        self.settings = AlertSettings(**settings)
        self.clock = clock or ManualClock(AT + timedelta(seconds=2))
        self.log = ListHits(hits)
        self.book = AlertBook(folder / "alerts" / "alerts.db", self.settings)
        self.pictures = PictureFolder(folder / "alerts" / "pictures", [lambda one=one: one for one in records])
        self.tail = AlertTail(
            self.log,
            self.book,
            pictures=self.pictures,
            terms=AskedTerms(ask_terms or (lambda: OPEN_LISTS | (terms or {}))),
            settings=self.settings,
            clock=self.clock,
        )
        self.desk = AlertDesk(self.book, self.pictures, self.settings, self.clock)

    def run(self) -> None:
        while self.tail.step(self.clock.monotonic()):
            continue

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.tail.step(self.clock.monotonic())

    def kinds_told(self, *recipients: Recipient) -> list[str]:
        return [event.kind.value for event in self.book.events_after(0, recipients or (CONTROL_ROOM,), 1000).events]

    def hit_ids(self) -> list[HitId]:
        """Every hit that any alert holds, the newest alert first; one that is in two alerts comes twice."""
        rows = self.book.alerts((CONTROL_ROOM,), limit=10_000)
        return [one.hit_id for _, alert in rows for one in (alert.hit, *(again.hit for again in alert.repeats))]


def told_at(book: AlertBook, hits: Sequence[AlertedHit], at: datetime = AT, position: str = "p") -> None:
    """Let `book` take `hits` at once."""
    book.take([(hit, TOLD) for hit in hits], position=position, at=at)
