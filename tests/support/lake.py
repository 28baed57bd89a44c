"""What the tests of the store share: reads on given days, what a store holds, and every byte of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from deltalake import DeltaTable

from pipeline.domain.read import CaptureRecord
from pipeline.domain.vrm import Vrm
from pipeline.store.lake import Lake
from pipeline.store.look import StoreReader
from tests.support.builders import a_record
from tests.support.durable import ListJournal

LETTERS = "ABCDEFGHJK"


def mark(number: int) -> Vrm:
    """An invented mark for each number, which no other bytes hold by chance."""
    return Vrm(f"ZZ99{''.join(LETTERS[int(digit)] for digit in f'{number:04}')}")


def record_on(number: int, day: date, *, received: date | None = None) -> CaptureRecord:
    """A record of its own mark and pictures, captured at noon of `day` and received a second later, or when said."""
    at = datetime.combine(day, time(12), UTC) + timedelta(seconds=number)
    arrived = at + timedelta(seconds=1) if received is None else datetime.combine(received, time(12), UTC)
    vrm = mark(number)
    return a_record(
        number,
        vrm=vrm,
        raw_text=vrm,
        candidates=(),
        captured_at=at,
        received_at=arrived,
        patch=f"<patch of {vrm}>".encode(),
        overview=f"<overview of {vrm}>".encode() * 20,
    )


def store(url: str, records: list[CaptureRecord], journal: str = "one", each: int = 1000) -> None:
    """Carry all of `records` that the store does not hold into it, in commits of so many."""
    lake = Lake(url, journal)
    source = ListJournal(records, journal)
    while entries := source.after(lake.position, each):
        lake.append(entries)


def ids_of(records: list[CaptureRecord]) -> list[str]:
    return sorted(record.read.read_id for record in records)


def held_by(url: str) -> list[str]:
    """Return the ids of all rows of reads, doubles included; fail unless each has both its pictures, once."""
    ids = sorted(StoreReader(url).ids())
    images = DeltaTable(f"{url}/images").to_pyarrow_table(columns=["read_id", "kind"]).to_pylist()
    for kind in ("patch", "overview"):
        assert sorted(row["read_id"] for row in images if row["kind"] == kind) == ids
    return ids


def every_byte_below(folder: Path) -> bytes:
    """Return names and bytes of every file."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return b"\n".join(str(path).encode() + b"\n" + path.read_bytes() for path in files)


class Killed(BaseException):
    """Stands for the end of the process."""


class KillAt:
    """A listener to fault points that ends the process, so to speak, at the n-th passing of one."""

    def __init__(self, point: str, times: int = 1) -> None:
        self.point, self.left = point, times

    def __call__(self, point: str) -> None:
        self.left -= point == self.point
        if point == self.point and not self.left:
            raise Killed
