"""Lands numbered batches until it is killed; prints the last number of a batch once it is acknowledged."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.domain.sharing import EncodedRecord
from pipeline.journal.journal import Journal
from pipeline.journal.reader import JournalReader
from pipeline.journal.settings import JournalSettings
from pipeline.share.landing import Landing
from pipeline.wire.read_proto import encode_record
from tests.support.builders import a_record

BATCH = 20


def batch_from(first: int) -> list[EncodedRecord]:
    records = [a_record(number) for number in range(first, first + BATCH)]
    return [EncodedRecord(one.read.read_id, encode_record(one)) for one in records]


def main() -> None:
    folder, first = Path(sys.argv[1]), int(sys.argv[2])
    journal = Journal(folder / "journal.db", JournalSettings())
    reader = JournalReader(folder / "journal.db", JournalSettings())
    landing = Landing(folder / "landing.db", journal, reader, most_bytes=2**20)
    while True:
        landing.append_encoded(batch_from(first))
        first += BATCH
        print(first - 1, flush=True)
        # offered again, as a sender does who did not hear the answer
        assert not any(landing.append_encoded(batch_from(first - BATCH)))


if __name__ == "__main__":
    main()
