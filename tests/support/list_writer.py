"""Loads deltas that replace every entry of the list, one revision after another, printing each when it is durable."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.lists import Lists


def main() -> None:
    lists = Lists(Path(sys.argv[1]))
    marks = int(sys.argv[2])
    while True:
        revision = lists.store.head().lists[0].revision
        lines = [f"A{number},{revision + 1}" for number in range(marks)]
        lists.delta(*lines, base=revision, header="vrm,reason")
        print(revision + 1, flush=True)


if __name__ == "__main__":
    main()
