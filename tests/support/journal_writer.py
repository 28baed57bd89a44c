"""Appends numbered records to a journal until it is killed; prints a number once its record is acknowledged."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from pipeline.journal.journal import Journal
from pipeline.journal.settings import JournalSettings
from tests.support.builders import a_record

WRITERS = 4


def main() -> None:
    journal = Journal(Path(sys.argv[1]), JournalSettings())
    first = int(sys.argv[2])
    told = threading.Lock()

    def write(writer: int) -> None:
        number = first + writer
        while True:
            record = a_record(number, overview=bytes(2000))
            journal.append([record])
            with told:
                print(number, flush=True)
            # offered again, as a caller does who did not hear the answer
            journal.append([record])
            number += WRITERS

    for writer in range(WRITERS):
        threading.Thread(target=write, args=(writer,), daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
