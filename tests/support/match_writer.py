"""Matches a journal against a hotlist, one read at a time, printing a line after each; runs until all are matched."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.clock import SystemClock
from pipeline.journal.reader import JournalReader
from pipeline.journal.settings import JournalSettings
from pipeline.match.hits_file import HitsFile
from pipeline.match.settings import MatchSettings
from pipeline.match.tail import MatchTail


def main() -> None:
    journal, hotlist, hits = sys.argv[1:]
    with JournalReader(Path(journal), JournalSettings()) as source:
        file = HitsFile(Path(hits), source.identity)
        tail = MatchTail(source, file, settings=MatchSettings(hotlist=hotlist, batch_reads=1), clock=SystemClock())
        while tail.step(0.0):
            print(tail.position, flush=True)
        file.close()


if __name__ == "__main__":
    main()
