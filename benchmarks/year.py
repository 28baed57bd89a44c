"""A year of reads, made up: as many as a force makes, with the vehicles, cameras, hours and misreads of a force.

Of the reads 45 % are of 100,000 vehicles that pass daily, 45 % of two million that pass now and then, 10 % of ten
million that hardly ever do: about 385,000 different vehicles a day. Every vehicle keeps to eight of 1,000 cameras. 3 %
are misread in one character, and then the truth is a stored rival; 25 % of the others have one rival too.

What cannot be compressed (digests, ids, confidences) is either drawn anew for each read (`full`), or from a pool of
4,096 rows (`pooled`: a fifth of the disk, the same search columns; what a read costs to fetch is then too cheap, so
both are measured).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from deltalake import write_deltalake

from benchmarks.marks import Letters, marks_of, misread
from pipeline.domain.vrm import FOLDED
from pipeline.store.layout import MARKS
from pipeline.store.tables import KINDS, READS, open_or_create
from pipeline.wire.mark_arrow import MARK_SCHEMA
from pipeline.wire.read_arrow import READ_SCHEMA

CAMERAS = 1000
FIRST_DAY = date(2026, 1, 1)
_CLASSES = ((0.45, 100_000), (0.45, 2_000_000), (0.10, 10_000_000))
_POOL = 4096
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What happened on one day, in no order."""

    number: int
    vehicles: Any
    cameras: Any
    captured: Any
    """Microseconds from 1970, as `received`."""
    received: Any
    read_as: Letters
    rival: Letters
    has_rival: Any
    chance: Any
    """How likely the rival is: the read's own text has the rest."""


def camera_places() -> tuple[Any, Any]:
    """Return latitude and longitude of every camera: a county of about 70 by 70 km."""
    draw = np.random.default_rng(1)
    return 51.0 + draw.random(CAMERAS) * 0.63, 0.2 + draw.random(CAMERAS)


def vehicles_of(draw: np.random.Generator, rows: int) -> Any:
    """Return which vehicle each of `rows` reads is of."""
    kind = draw.random(rows)
    first, vehicles, least = 0, np.zeros(rows, np.int64), 0.0
    for share, count in _CLASSES:
        mine = (kind >= least) & (kind < least + share)
        vehicles[mine] = first + draw.integers(0, count, int(mine.sum()))
        first, least = first + count, least + share
    return vehicles


def day(number: int, rows: int) -> Day:
    """Return the day `number` days after FIRST_DAY."""
    draw = np.random.default_rng(1000 + number)
    vehicles = vehicles_of(draw, rows)
    cameras = (vehicles * 7919 + draw.integers(0, 8, rows) * 131) % CAMERAS
    marks = marks_of(vehicles)
    wrong = draw.random(rows) < 0.03
    read_as = marks.copy()
    read_as[wrong] = misread(marks[wrong], draw)
    rival = marks.copy()
    rival[~wrong] = misread(marks[~wrong], draw)
    has_rival = wrong | (draw.random(rows) < 0.25)
    chance = np.where(wrong, 0.05 + 0.4 * draw.random(rows), 0.002 + 0.1 * draw.random(rows))
    captured = _instants(draw, number, rows)
    return Day(
        number=number,
        vehicles=vehicles,
        cameras=cameras,
        captured=captured,
        received=captured + draw.integers(300_000, 3_000_000, rows),
        read_as=read_as,
        rival=rival,
        has_rival=has_rival,
        chance=np.round(chance, 4),
    )


def reads_of_day(of: Day, *, full: bool) -> pa.Table:
    """Return the day as the store's reads, in the order of the compacted layout."""
    draw = np.random.default_rng(2000 + of.number)
    rows = len(of.vehicles)
    vrm, own = _strings(of.read_as), np.round(1.0 - of.chance, 4)
    folded = _folded(of.read_as)
    columns = _payload(draw, rows, full=full) | {
        "vrm": vrm,
        "raw_text": vrm,
        "confidence": pa.array(own),
        "candidates": _candidates(vrm, _strings(of.rival), of.has_rival, own, of.chance),
        "camera_id": _camera_ids(of.cameras),
        "location": _places(of.cameras),
        "captured_at": _times(of.captured),
        "received_at": _times(of.received),
        "vrm_folded": _strings(folded),
        "capture_day": _days(of.number, rows),
    }
    table = pa.table([columns[name] for name in READ_SCHEMA.names], schema=READ_SCHEMA)
    return table.take(pa.array(np.lexsort((of.captured, _keys(folded)))))


def marks_of_day(of: Day) -> pa.Table:
    """Return the day's marks as they came: what `marks_table` makes of its reads."""
    folded, rival = _folded(of.read_as), _folded(of.rival)
    rivals = np.flatnonzero(of.has_rival & (folded != rival).any(axis=1))
    row = np.concatenate([np.arange(len(folded)), rivals])
    marks = np.concatenate([folded, rival[rivals]])
    rank = np.concatenate([np.zeros(len(folded), np.int8), np.ones(len(rivals), np.int8)])
    probability = np.concatenate([np.round(1.0 - of.chance, 4), of.chance[rivals]]).astype(np.float32)
    latitude, longitude = camera_places()
    cameras = of.cameras[row]
    columns = {
        "mark": _strings(marks),
        "rank": pa.array(rank),
        "probability": pa.array(probability),
        "vrm": _strings(of.read_as[row]),
        "camera_id": _camera_ids(cameras),
        "captured_at": _times(of.captured[row]),
        "received_at": _times(of.received[row]),
        "latitude": pa.array(latitude[cameras]),
        "longitude": pa.array(longitude[cameras]),
        "capture_day": _days(of.number, len(row)),
    }
    return pa.table([columns[name] for name in MARK_SCHEMA.names], schema=MARK_SCHEMA)


def settled(marks: pa.Table) -> pa.Table:
    """Return a day's marks in the order in which compaction leaves them."""
    letters = np.frombuffer(marks["mark"].chunk(0).buffers()[2], np.uint8).reshape(len(marks), -1)
    return marks.take(pa.array(np.lexsort((marks["captured_at"].cast(pa.int64()).to_numpy(), _keys(letters)))))


def write_marks(url: str, marks: pa.Table) -> None:
    """Append a day's marks to the table at `url`."""
    _write(url, MARKS, settled(marks))


def write_reads(url: str, of: Day, *, full: bool) -> None:
    """Append the day to the table of reads at `url`."""
    _write(url, READS, reads_of_day(of, full=full))


def _write(url: str, name: str, rows: pa.Table) -> None:
    """Append what the store's own sorting of a closed day leaves."""
    table = open_or_create(url, name)
    write_deltalake(table, rows, mode="append", writer_properties=KINDS[name].settled, target_file_size=10**9)


def _folded(letters: Letters) -> Letters:
    folded = letters.copy()
    for letter, digit in FOLDED.items():
        folded[folded == ord(letter)] = ord(digit)
    return folded


def _keys(letters: Letters) -> Any:
    """Numbers in the order of the texts, which sort faster."""
    wide = np.zeros((len(letters), 8), np.uint8)
    wide[:, :7] = letters
    return wide.view(">u8").ravel().astype(np.uint64)


def _camera_ids(cameras: Any) -> pa.Array:
    return pa.array([f"camera-{at:04}" for at in range(CAMERAS)]).take(pa.array(cameras))


def _times(microseconds: Any) -> pa.Array:
    return pa.array(microseconds, pa.timestamp("us", tz="UTC"))


def _days(number: int, rows: int) -> pa.Array:
    return pa.array(np.full(rows, FIRST_DAY + timedelta(days=number), "datetime64[D]"))


def _strings(letters: Letters) -> pa.Array:
    width = letters.shape[1]
    offsets = pa.array(np.arange(len(letters) + 1, dtype=np.int32) * width)
    return pa.StringArray.from_buffers(len(letters), offsets.buffers()[1], pa.py_buffer(np.ascontiguousarray(letters)))


def _hexadecimal(draw: np.random.Generator, rows: int, length: int) -> pa.Array:
    return _strings(_HEX[draw.integers(0, 16, (rows, length), np.uint8)])


def _instants(draw: np.random.Generator, number: int, rows: int) -> Any:
    """Microseconds from 1970: two rush hours over an even rest."""
    begin = int(datetime.combine(FIRST_DAY + timedelta(days=number), datetime.min.time(), UTC).timestamp()) * 10**6
    hour = np.where(draw.random(rows) < 0.5, draw.choice([8.0, 17.3], rows) + draw.normal(0, 1.2, rows), 99.0)
    hour = np.where(hour == 99.0, draw.random(rows) * 24, hour) % 24
    return begin + (hour * 3.6e9).astype(np.int64)


def _candidates(own: pa.Array, rival: pa.Array, has_rival: Any, first: Any, second: Any) -> pa.Array:
    counts = 1 + has_rival.astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    is_rival = np.zeros(offsets[-1], bool)
    is_rival[offsets[1:][has_rival] - 1] = True
    read = np.repeat(np.arange(len(counts)), counts)
    texts = pa.concat_arrays([own, rival]).take(pa.array(read + is_rival * len(counts)))
    chances = pa.array(np.where(is_rival, second[read], first[read]))
    items = pa.StructArray.from_arrays([texts, chances], ["text", "probability"])
    return pa.ListArray.from_arrays(pa.array(offsets), items).cast(READ_SCHEMA.field("candidates").type)


def _places(cameras: Any) -> pa.Array:
    latitude, longitude = camera_places()
    place = pa.StructArray.from_arrays([pa.array(latitude), pa.array(longitude)], ["latitude", "longitude"])
    return place.take(pa.array(cameras)).cast(READ_SCHEMA.field("location").type)


def _payload(draw: np.random.Generator, rows: int, *, full: bool) -> dict[str, pa.Array]:
    """Return what no search looks at."""
    pool = rows if full else min(rows, _POOL)
    words: dict[str, Any] = {
        "read_id": _hexadecimal(draw, pool, 32),
        "patch_digest": _hexadecimal(draw, pool, 64),
        "overview_digest": _hexadecimal(draw, pool, 64),
        "record_digest": _hexadecimal(draw, pool, 64),
        "character_confidences": pa.ListArray.from_arrays(
            pa.array(np.arange(pool + 1, dtype=np.int32) * 7), pa.array(np.round(1.0 - draw.random(pool * 7) * 0.05, 4))
        ),
        "sighting_count": pa.array(draw.integers(2, 30, pool), pa.int32()),
        "lane": pa.array(draw.integers(1, 4, pool), pa.int32()),
        "feed_id": _same("local", pool),
        "source_id": _same("1", pool),
        "clock_state": _same("stream", pool),
        "syntax": _same("current", pool),
        "direction": _same("approaching", pool),
        "model_version": _same("detector-1/recogniser-1", pool),
    }
    for field in READ_SCHEMA:
        if field.name == "doubts":
            words["doubts"] = _doubts(draw, pool, field.type)
    chosen = pa.array(draw.integers(0, pool, rows)) if pool < rows else None
    return {name: values.take(chosen) if chosen is not None else values for name, values in words.items()}


def _doubts(draw: np.random.Generator, rows: int, kind: pa.DataType) -> pa.Array:
    """Four doubts a read."""
    count = rows * 4
    texts = pa.array(list("ABCDEFGH0123456789")).take(pa.array(draw.integers(0, 18, count)))
    columns = {
        "position": pa.array(draw.integers(0, 7, count), pa.int32()),
        "length": pa.array(np.ones(count, np.int32)),
        "text": texts,
        "cost": pa.array(draw.integers(200, 1500, count), pa.int32()),
    }
    items = pa.StructArray.from_arrays(list(columns.values()), list(columns))
    return pa.ListArray.from_arrays(pa.array(np.arange(rows + 1, dtype=np.int32) * 4), items).cast(kind)


def _same(word: str, rows: int) -> pa.Array:
    return pa.array([word]).take(pa.array(np.zeros(rows, np.int64)))
