"""Builds what sends reads to older back offices: part of the wiring."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline import bootstrap
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.join.bof2_peer import Bof2Peer


def settings_towards(settings: Settings, office: str) -> Settings:
    """Return the settings with the back office called `office` as the peer of [share]."""
    chosen = settings.join.back_offices[office]
    share = replace(
        settings.share,
        peer_name=office,
        with_pictures=bool(chosen.pictures_url),
        with_hotlists=False,
        # so a batch arrives, or fails, as one call does
        most_batch_reads=chosen.captures_at_once,
    )
    return replace(settings, share=share)


def back_office(settings: Settings, office: str) -> Bof2Peer:
    """Return the back office called `office` as a peer of the outbox. The journal must have been made."""
    from pipeline.join.bof2_line import Bof2Line
    from pipeline.join.bof2_peer import Bof2Peer

    chosen, share = settings.join.back_offices[office], settings.share
    # a batch for each lane, reads that hit, and pictures
    threads = share.lanes + 2
    line = Bof2Line(chosen, answer_seconds=share.answer_seconds, threads=threads)
    return Bof2Peer(chosen, line, bootstrap.journal_reader(settings), threads=threads)
