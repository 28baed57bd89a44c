"""Reads a journal from another process: prints its identity, then each offset and read id, until its input ends."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.journal.reader import JournalReader
from pipeline.journal.settings import JournalSettings


def main() -> None:
    with JournalReader(Path(sys.argv[1]), JournalSettings()) as reader:
        print(reader.identity, flush=True)
        offset = 0
        # each line asks for what is new
        for _ in sys.stdin:
            for entry in reader.after(offset, 1000):
                offset = entry.offset
                print(offset, entry.record.read.read_id, end=" ")
            print(flush=True)


if __name__ == "__main__":
    main()
