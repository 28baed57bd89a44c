"""Builds what tells the audit log of the other stages: part of the wiring."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipeline import bootstrap
from pipeline.bootstrap_access import audit_folder, audit_writer
from pipeline.clock import SystemClock
from pipeline.domain.audit import Happenings
from pipeline.domain.ports import Clock
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.access.audit.scribe import Scribe
    from pipeline.journal.reader import JournalReader
    from pipeline.store.upkeep.erasures import Erasure

_SYSTEM_CLOCK = SystemClock()


def scribe(settings: Settings, *, clock: Clock = _SYSTEM_CLOCK) -> Scribe:
    """Return what tells the audit log of reads collected, lists altered, and what was erased."""
    from pipeline.access.audit.scribe import Scribe
    from pipeline.happenings import AlteredLists, CollectedReads, ErasedReads

    force = settings.access.force
    every = timedelta(minutes=settings.access.audit.collection_every_minutes)
    sources: dict[str, Happenings] = {
        "collected": CollectedReads(lambda: _journal(settings), clock, force=force, every=every),
        "altered": AlteredLists(lambda: bootstrap.hotlist_store(settings), force=force),
        "erased": ErasedReads(lambda: _erasures(settings), force=force),
    }
    told = audit_folder(settings) / "told.json"
    return Scribe(sources, lambda: audit_writer(settings, clock=clock), told, clock=clock)


def _journal(settings: Settings) -> JournalReader:
    return bootstrap.journal_reader(settings)


def _erasures(settings: Settings) -> list[Erasure]:
    from pipeline.store.files import Files
    from pipeline.store.upkeep.erasures import recorded

    return recorded(Files(settings.store.url_in(settings.folder)))
