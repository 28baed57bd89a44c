"""Builds what tells the audit log of the other stages: part of the wiring."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import bootstrap
from pipeline.bootstrap_access import audit_folder, audit_writer, public_keys
from pipeline.clock import SystemClock
from pipeline.domain.audit import Happenings
from pipeline.domain.ports import Clock
from pipeline.settings import Settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from pipeline.access.audit.scribe import Scribe
    from pipeline.access.audit.stamps import Stamped, Stamper
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


def stamper(settings: Settings, *, clock: Clock = _SYSTEM_CLOCK) -> Stamper | None:
    """Return what has the log's checkpoints stamped; None where the settings name no authority."""
    from pipeline.access.audit.stamps import Stamper, asking, roots_in
    from pipeline.access.audit.verify import newest_checkpoint

    audit = settings.access.audit
    if not audit.stamp_url:
        return None
    folder = audit_folder(settings)
    return Stamper(
        folder,
        newest=lambda: newest_checkpoint(folder, public_keys(settings)),
        ask=asking(audit.stamp_url),
        roots=roots_in(Path(audit.stamp_roots_file)),
        clock=clock,
        every=timedelta(hours=audit.stamp_every_hours),
    )


def stamps_of(settings: Settings, folder: Path, keys: Mapping[str, Ed25519PublicKey]) -> list[Stamped]:
    """Return the stamps of the log in `folder`, checked; none where the settings trust no authority."""
    from pipeline.access.audit.stamps import roots_in, stamped

    trusted = settings.access.audit.stamp_roots_file
    return stamped(folder, keys, roots_in(Path(trusted))) if trusted else []
