"""Carries a journal into a lake and is killed at the named fault point of its n-th append, or runs to the end."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from pipeline.journal.reader import JournalReader
from pipeline.journal.settings import JournalSettings
from pipeline.store.lake import Lake
from pipeline.store.settings import StoreSettings
from pipeline.store.tail import StoreTail


def main() -> None:
    journal, url, point, times, commit_reads = sys.argv[1:]
    left = int(times)

    def at_point(name: str) -> None:
        nonlocal left
        print(name, flush=True)
        left -= name == point
        if name == point and not left:
            os.kill(os.getpid(), signal.SIGKILL)

    with JournalReader(Path(journal), JournalSettings()) as source:
        lake = Lake(url, source.identity, at_point)
        each = int(commit_reads)
        StoreTail(source, lake, StoreSettings(commit_reads=each, most_commit_reads=each)).finish()


if __name__ == "__main__":
    main()
