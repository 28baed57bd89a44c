"""Matches a journal against one mark, one read at a time, printing a line after each; runs until all are matched."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.clock import SystemClock
from pipeline.domain.vrm import Vrm
from pipeline.journal.reader import JournalReader
from pipeline.journal.settings import JournalSettings
from pipeline.match.hits_store import HitsStore
from pipeline.match.settings import MatchSettings
from pipeline.match.tail import MatchTail
from tests.support.builders import a_voi
from tests.support.hotlists import GivenHotlist, a_snapshot


def main() -> None:
    journal, mark, hits = sys.argv[1:]
    with JournalReader(Path(journal), JournalSettings()) as source:
        store = HitsStore(Path(hits), source.identity)
        tail = MatchTail(
            source,
            store,
            source=GivenHotlist(a_snapshot(a_voi(vrm=Vrm(mark)))),
            settings=MatchSettings(batch_reads=1),
            clock=SystemClock(),
        )
        while tail.step(0.0):
            print(tail.position, flush=True)
        store.close()


if __name__ == "__main__":
    main()
