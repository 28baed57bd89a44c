"""The only wiring: builds every stage from the settings, for the in-process runner and the Ray shells alike.

Stages are imported where they are built, so that a process loads only what it runs: a matcher needs no OpenCV, and
nothing needs torch unless the settings say so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pipeline.clock import SystemClock
from pipeline.domain.plate import CameraId
from pipeline.domain.ports import CameraFeed, JournalWriter, PlateReader
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.alert.desk import AlertDesk
    from pipeline.alert.office import AlertOffice
    from pipeline.capture.feed import Feed
    from pipeline.domain.hotlist import Hit
    from pipeline.domain.read import Read
    from pipeline.flow import CameraFlow, PassageRead
    from pipeline.journal.journal import Journal
    from pipeline.journal.reader import JournalReader
    from pipeline.match.hits_store import StoredHits
    from pipeline.match.lists.shard import Shard
    from pipeline.match.lists.source import LocalHotlist
    from pipeline.match.lists.store import HotlistStore
    from pipeline.match.lists.watch import FileWatch
    from pipeline.match.snapshot import HotlistSource
    from pipeline.match.tail import MatchTail
    from pipeline.store.look import StoreReader
    from pipeline.store.search.engine import Search
    from pipeline.store.tail import StoreTail
    from pipeline.store.upkeep.caretaker import Caretaker


def camera_id_of(name: str, settings: Settings) -> CameraId:
    """Return the camera id of the feed called `name`: its own, or the name."""
    return CameraId(settings.feeds[name].camera_id or name)


def camera_feed(name: str, settings: Settings) -> Feed:
    """Return the running feed called `name`; close it to end its thread."""
    from pipeline.capture.address import parse_address
    from pipeline.capture.feed import Feed
    from pipeline.capture.source import VideoSource

    feed = settings.feeds[name]
    clock = SystemClock()
    camera_id = camera_id_of(name, settings)
    address = parse_address(feed.url)
    source = VideoSource(address, camera_id=camera_id, clock=clock, settings=settings.capture, gated=True)
    return Feed(source, camera_id=camera_id, clock=clock, settings=settings.capture, realtime=feed.realtime)


def camera_flow(
    name: str,
    settings: Settings,
    *,
    feed: CameraFeed,
    plates: PlateReader,
    journal: JournalWriter,
    on_read: Callable[[PassageRead], None] = lambda _: None,
) -> CameraFlow:
    """Return the flow of the feed called `name`, over the given ends."""
    from pipeline.bootstrap_cameras import vehicle_positions
    from pipeline.capture.threads import serve_cameras
    from pipeline.flow import CameraFlow
    from pipeline.track.choice import ReadingChoice
    from pipeline.track.tracker import PassageTracker

    serve_cameras()
    return CameraFlow(
        name=name,
        camera=settings.feeds[name],
        camera_id=camera_id_of(name, settings),
        feed=feed,
        plates=plates,
        choice=ReadingChoice(settings.track),
        tracker=PassageTracker(camera_id_of(name, settings), settings.track),
        journal=journal,
        clock=SystemClock(),
        settings=settings.flow,
        capture=settings.capture,
        positions=vehicle_positions(name, settings),
        on_read=on_read,
    )


def journal(settings: Settings) -> Journal:
    """Return the node's journal to write to; one process may hold it."""
    from pipeline.journal.journal import Journal

    return Journal(settings.journal.path_in(settings.folder), settings.journal)


def journal_reader(settings: Settings) -> JournalReader:
    """Return the node's journal to read from. Raises NotFound while there is none."""
    from pipeline.journal.reader import JournalReader

    return JournalReader(settings.journal.path_in(settings.folder), settings.journal)


def store_tail(settings: Settings) -> StoreTail:
    """Return what carries the journal into the store."""
    from pipeline.store.lake import Lake
    from pipeline.store.tail import StoreTail, count_searchable

    source = journal_reader(settings)
    lake = Lake(settings.store.url_in(settings.folder), source.identity, on_searchable=count_searchable(SystemClock()))
    return StoreTail(source, lake, settings.store)


def store_reader(settings: Settings) -> StoreReader:
    """Return a look at the store as it is now."""
    from pipeline.store.look import StoreReader

    return StoreReader(settings.store.url_in(settings.folder))


def search(settings: Settings) -> Search:
    """Return the search over the store. Who may ask what is decided before: it answers whatever it is asked."""
    from pipeline.store.search.engine import Search

    return Search(settings.store.url_in(settings.folder))


def caretaker(settings: Settings) -> Caretaker:
    """Return what keeps the store in order, and all stages within the limit of retention."""
    from pipeline.expiry import expiring_stages
    from pipeline.store.upkeep.caretaker import Caretaker

    return Caretaker(
        settings.store.url_in(settings.folder),
        upkeep=settings.upkeep,
        retention=settings.retention,
        others=expiring_stages(settings),
        clock=SystemClock(),
    )


def hotlist_store(settings: Settings) -> HotlistStore:
    """Return the lists on disk."""
    from pipeline.match.lists.store import HotlistStore

    return HotlistStore(settings.match.hotlists_folder(settings.folder), SystemClock())


def hotlist_shard(settings: Settings, number: int) -> Shard:
    """Return one of the shards that divide the entries of all lists."""
    from pipeline.match.lists.shard import Shard

    return Shard(hotlist_store(settings), number=number, shards=settings.match.shards)


def file_watch(settings: Settings, store: HotlistStore) -> FileWatch | None:
    """Return what loads the list file that the run was given, and keeps looking at it; None if there is none."""
    from pathlib import Path

    from pipeline.match.lists.watch import FileWatch

    if not settings.match.hotlist:
        return None
    return FileWatch(Path(settings.match.hotlist), store, settings.match, SystemClock())


def local_hotlist(settings: Settings) -> LocalHotlist:
    """Return the lists as they are now and will be, for a matcher in this process."""
    from pipeline.match.lists.source import LocalHotlist

    store = hotlist_store(settings)
    return LocalHotlist(
        store,
        SystemClock(),
        look_every_seconds=settings.match.look_for_changes_every_seconds,
        watch=file_watch(settings, store),
    )


def match_tail(
    settings: Settings,
    *,
    hotlist: HotlistSource | None = None,
    on_hit: Callable[[Hit, Read], None] = lambda hit, read: None,
) -> MatchTail:
    """Return what matches the journal against the lists of `hotlist`, or of this process."""
    from pipeline.match.hits_store import HitsStore
    from pipeline.match.tail import MatchTail

    source = journal_reader(settings)
    return MatchTail(
        source,
        HitsStore(settings.match.hits_path(settings.folder), source.identity),
        source=hotlist or local_hotlist(settings),
        settings=settings.match,
        clock=SystemClock(),
        on_hit=on_hit,
    )


def stored_hits(settings: Settings) -> StoredHits:
    """Return the hits that were made so far, to read."""
    from pipeline.match.hits_store import StoredHits

    return StoredHits(settings.match.hits_path(settings.folder))


def alert_desk(settings: Settings) -> AlertDesk:
    """Return what answers for the alerts in the settings' folder while no node runs on it."""
    from pipeline.alert.book import AlertBook
    from pipeline.alert.desk import AlertDesk
    from pipeline.alert.pictures import PictureFolder

    alert, folder = settings.alert, settings.alert.folder_in(settings.folder)
    book = AlertBook(folder / "alerts.db", alert)
    pictures = PictureFolder(folder / "pictures", [lambda: journal_reader(settings), lambda: store_reader(settings)])
    return AlertDesk(book, pictures, alert, SystemClock())


def alert_office(settings: Settings) -> AlertOffice:
    """Return what raises alerts of hits and tells of them; one process may hold it."""
    import random

    from pipeline.alert.book import AlertBook
    from pipeline.alert.desk import AlertDesk
    from pipeline.alert.expiry import AlertExpiry
    from pipeline.alert.office import AlertOffice
    from pipeline.alert.pictures import PictureFolder
    from pipeline.alert.post import Post
    from pipeline.alert.tail import AlertTail
    from pipeline.alert.terms import AskedTerms
    from pipeline.alert.webhook import Webhook
    from pipeline.match.hits_reader import HitsReader

    alert, clock, folder = settings.alert, SystemClock(), settings.alert.folder_in(settings.folder)
    source = journal_reader(settings)
    book = AlertBook(folder / "alerts.db", alert)
    # the journal has what is new; the store what is old
    pictures = PictureFolder(folder / "pictures", [lambda: source, lambda: store_reader(settings)])
    hits = HitsReader(settings.match.hits_path(settings.folder))
    return AlertOffice(
        book=book,
        tail=AlertTail(
            hits,
            book,
            pictures=pictures,
            terms=AskedTerms(hotlist_store(settings).terms),
            settings=alert,
            clock=clock,
        ),
        desk=AlertDesk(book, pictures, alert, clock),
        webhooks=tuple(
            Webhook(
                name,
                book,
                settings=alert,
                post=Post(name, target, alert.webhook_timeout_seconds),
                dead_letters=folder / "dead-letters",
                clock=clock,
                chance=random.Random(),
            )
            for name, target in alert.webhooks.items()
        ),
        expiry=AlertExpiry(book, pictures, folder / "dead-letters"),
    )
