"""Builds what sends reads to others and takes them from others: part of the wiring."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pipeline import bootstrap
from pipeline.clock import SystemClock
from pipeline.domain.audit import AuditWriter
from pipeline.domain.ports import EncodedJournal, Peer
from pipeline.domain.sharing import ErasureNotice, Organisation
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.match.lists.distribution import Distribution, Follower
    from pipeline.share.counter import Counted, CounterBook
    from pipeline.share.erasures import ErasureTeller
    from pipeline.share.intake import Intake
    from pipeline.share.landing import Landing
    from pipeline.share.outbox import Outbox
    from pipeline.share.quarantine import Quarantine
    from pipeline.share.stream import StreamDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """What takes reads from others, and what is known of them."""

    intake: Intake
    landing: Landing
    quarantine: Quarantine
    counters: CounterBook

    def close(self) -> None:
        """For when nobody offers anything any more: what has landed goes into the journal."""
        self.landing.close()
        self.quarantine.close()
        self.counters.close()


def counters(settings: Settings) -> CounterBook:
    """Return what came from whom."""
    from pipeline.share.counter import CounterBook

    return CounterBook(settings.share.folder_in(settings.folder) / "senders.db", SystemClock())


def quarantine(settings: Settings) -> Quarantine:
    """Return what others sent that cannot be right."""
    from pipeline.share.quarantine import Quarantine

    return Quarantine(settings.share.folder_in(settings.folder) / "quarantine.db")


def refused(settings: Settings, peer: str = "") -> Quarantine:
    """Return what the peer of that name, by default that of the settings, did not take of ours."""
    from pipeline.share.quarantine import Quarantine

    name = peer or settings.share.peer_name
    return Quarantine(settings.share.folder_in(settings.folder) / f"refused-{name}.db")


def quarantines(settings: Settings) -> list[Quarantine]:
    """Return all there are: of what others sent, and of what peers did not take."""
    from pipeline.share.quarantine import Quarantine, paths_in

    return [Quarantine(path) for path in paths_in(settings.share.folder_in(settings.folder))]


def arrivals(settings: Settings, journal: EncodedJournal, *, gather_seconds: float = 0.1) -> Arrivals:
    """Return what takes reads from others into `journal`, which exists, with a wait of `gather_seconds` for more of
    them. One process may hold it."""
    from pipeline.share.intake import Intake
    from pipeline.share.landing import Landing

    aside, counts = quarantine(settings), counters(settings)
    landing = Landing(
        settings.share.folder_in(settings.folder) / "landing.db",
        journal,
        bootstrap.journal_reader(settings),
        most_bytes=settings.share.most_landed_mebibytes * 2**20,
        gather_seconds=gather_seconds,
    )
    intake = Intake(
        landing,
        quarantine=aside,
        counters=counts,
        settings=settings.share,
        keeps_months=settings.retention.months,
        clock=SystemClock(),
    )
    return Arrivals(intake=intake, landing=landing, quarantine=aside, counters=counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What is here of one sender. `reads` counts what is stored, `put_aside` what lies in quarantine."""

    sender: str
    reads: int
    counted: Counted
    last_at: datetime | None
    put_aside: int
    erased_before: datetime | None
    """Nothing from before then is held at the sender any more."""

    @property
    def newest_captured(self) -> datetime | None:
        newest = self.counted.newest_captured
        return datetime.fromtimestamp(newest, UTC) if newest else None


def holdings(settings: Settings) -> list[Holding]:
    """Return what is here of every sender that the settings name, or that has sent anything."""
    from pipeline.errors import NotFound
    from pipeline.share.counter import Counted

    try:
        stored = bootstrap.store_reader(settings).count_by_feed()
    except NotFound:
        # nothing has been stored yet
        stored = {}
    book, aside = counters(settings), quarantine(settings)
    counted, erasures, by_fault = book.counted(), book.erasures(), aside.by_fault()
    book.close()
    aside.close()
    senders = settings.share.senders
    found = []
    for name in sorted({*senders, *counted}):
        feeds = senders[name].feeds if name in senders else ()
        told = erasures.get(Organisation(name), [])
        counts, last_at = counted.get(Organisation(name), (Counted(), None))
        found.append(
            Holding(
                sender=name,
                reads=sum(
                    number for feed, number in stored.items() if any(fnmatchcase(feed, pattern) for pattern in feeds)
                ),
                counted=counts,
                last_at=last_at,
                put_aside=sum(number for (sender, _), number in by_fault.items() if sender == name),
                erased_before=max((one.before for one in told), default=None),
            )
        )
    return found


def stream_desk(settings: Settings, audit: AuditWriter) -> StreamDesk:
    """Return what tells reads under agreements; every disclosure goes to `audit` first."""
    from pipeline.share.stream import Acknowledgements, StreamDesk

    return StreamDesk(
        bootstrap.journal_reader(settings),
        Acknowledgements(settings.share.folder_in(settings.folder) / "streams.db"),
        audit=audit,
        settings=settings.share,
        force=settings.access.force,
    )


def lists_to_give(settings: Settings) -> Distribution:
    """Return what tells forces the lists of this centre."""
    from pipeline.match.lists.distribution import Distribution

    return Distribution(bootstrap.hotlist_store(settings))


def lists_to_follow(settings: Settings) -> Follower:
    """Return what makes the lists of this node equal to those of its centre."""
    from pipeline.match.lists.distribution import Follower

    return Follower(
        bootstrap.hotlist_store(settings),
        settings.share.folder_in(settings.folder),
        centre=settings.share.peer_name,
        clock=SystemClock(),
    )


def outbox(settings: Settings, peer: Peer) -> tuple[Outbox, ErasureTeller]:
    """Return what carries the node's journal to `peer`, and what tells it of erasures. One process may hold them."""
    from pipeline.match.hits_reader import HitsReader
    from pipeline.share.erasures import ErasureTeller
    from pipeline.share.ledger import Ledger
    from pipeline.share.outbox import Outbox

    share, folder = settings.share, settings.share.folder_in(settings.folder)
    journal = bootstrap.journal_reader(settings)
    ledger = Ledger(folder / f"outbox-{share.peer_name}.db", journal.identity)
    box = Outbox(
        journal,
        peer,
        ledger=ledger,
        quarantine=refused(settings),
        settings=share,
        clock=SystemClock(),
        chance=random.random,
        hits=HitsReader(settings.match.hits_path(settings.folder)),
    )
    return box, ErasureTeller(_erasures_of(settings), peer, ledger)


def _erasures_of(settings: Settings) -> Callable[[], list[ErasureNotice]]:
    from pipeline.store.files import Files
    from pipeline.store.upkeep.erasures import recorded

    def erasures() -> list[ErasureNotice]:
        return [
            ErasureNotice(
                erasure_id=one.erasure_id, at=one.at, before=one.before, because=one.because, counts=one.counts
            )
            for one in recorded(Files(settings.store.url_in(settings.folder)))
        ]

    return erasures
