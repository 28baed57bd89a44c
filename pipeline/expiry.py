"""What the stages beside the store keep of reads, opened only to erase what is past its limit: part of the wiring.

Each is a file that another process writes; SQLite lets a second one erase in it. On failure: what the stage raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from datetime import datetime
from functools import partial

from pipeline.domain.ports import Expirable
from pipeline.settings import Settings

_Opened = Callable[[Settings, ExitStack], Expirable | None]


def expiring_stages(settings: Settings) -> list[Callable[[datetime], Mapping[str, int]]]:
    """Return a function for each stage that erases what it keeps from before an instant."""
    return [partial(_expire, settings, opened) for opened in (_journal, _hits, _alerts, _put_aside)]


def _expire(settings: Settings, opened: _Opened, before: datetime) -> Mapping[str, int]:
    with ExitStack() as stack:
        stage = opened(settings, stack)
        return stage.expire(before) if stage is not None else {}


def _journal(settings: Settings, stack: ExitStack) -> Expirable | None:
    from pipeline.journal.journal import Journal

    path = settings.journal.path_in(settings.folder)
    return stack.enter_context(Journal(path, settings.journal)) if path.is_file() else None


def _hits(settings: Settings, stack: ExitStack) -> Expirable | None:
    from pipeline.journal.reader import JournalReader
    from pipeline.match.hits_store import HitsStore

    path, journal = settings.match.hits_path(settings.folder), settings.journal.path_in(settings.folder)
    if not (path.is_file() and journal.is_file()):
        return None
    with JournalReader(journal, settings.journal) as source:
        return stack.enter_context(closing(HitsStore(path, source.identity)))


def _alerts(settings: Settings, stack: ExitStack) -> Expirable | None:
    from pipeline.alert.book import AlertBook
    from pipeline.alert.expiry import AlertExpiry
    from pipeline.alert.pictures import PictureFolder

    folder = settings.alert.folder_in(settings.folder)
    if not (folder / "alerts.db").is_file():
        return None
    book = stack.enter_context(closing(AlertBook(folder / "alerts.db", settings.alert)))
    return AlertExpiry(book, PictureFolder(folder / "pictures", []), folder / "dead-letters")


def _put_aside(settings: Settings, stack: ExitStack) -> Expirable | None:
    from pipeline.share.quarantine import Quarantines

    return Quarantines(settings.share.folder_in(settings.folder))
