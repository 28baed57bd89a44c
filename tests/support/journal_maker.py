"""Makes so many journals in a folder, one after the other."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.journal.journal import Journal
from pipeline.journal.settings import JournalSettings


def main() -> None:
    for number in range(int(sys.argv[2])):
        Journal(Path(sys.argv[1]) / f"{number}.db", JournalSettings()).close()


if __name__ == "__main__":
    main()
