"""Raises alerts of the hits in a file, a few at a time, printing a line after each; runs until all are taken."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.alert.book import AlertBook
from pipeline.alert.pictures import PictureFolder
from pipeline.alert.settings import AlertSettings
from pipeline.alert.tail import AlertTail
from pipeline.alert.terms import AskedTerms
from pipeline.clock import SystemClock
from pipeline.match.hits_reader import HitsReader
from tests.support.alerts import OPEN_LISTS


def main() -> None:
    hits, folder = map(Path, sys.argv[1:])
    settings = AlertSettings(batch_hits=3)
    book = AlertBook(folder / "alerts.db", settings)
    pictures = PictureFolder(folder / "pictures", [])
    tail = AlertTail(
        HitsReader(hits),
        book,
        pictures=pictures,
        terms=AskedTerms(lambda: OPEN_LISTS),
        settings=settings,
        clock=SystemClock(),
    )
    while tail.step(0.0):
        print(tail.position, flush=True)


if __name__ == "__main__":
    main()
