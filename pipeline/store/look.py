"""A first look into the store: reads by id, counts, and pictures as files. Search proper is built on DuckDB.

On failure: NotFound where there is no store (which is no empty one), Unavailable when a table cannot be opened,
IntegrityError for a damaged log and when a picture is not what its digest says.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.domain.read import NO_PICTURE, CaptureRecord, Digest, Read, ReadId, digest_of
from pipeline.domain.vrm import Vrm
from pipeline.errors import IntegrityError
from pipeline.store.tables import open_table
from pipeline.wire.read_arrow import CAPTURE_DAY, reads_of

_NOT_FOR_FILE_NAMES = re.compile(r"[^\w.-]|^\.")


class StoreReader:
    """Sees the tables as they were committed when it was made."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.images_url = f"{url}/images"
        self._reads = open_table(url, "reads").to_pyarrow_dataset()
        self._images = open_table(url, "images").to_pyarrow_dataset()

    def count(self) -> int:
        return int(self._reads.count_rows())

    def count_by_feed(self) -> dict[str, int]:
        """Return how many reads of each feed there are."""
        counts: Counter[str] = Counter()
        for batch in self._reads.to_batches(columns=["feed_id"]):
            for one in pc.value_counts(batch.column(0)).to_pylist():
                counts[one["values"]] += one["counts"]
        return dict(counts)

    def ids(self) -> list[str]:
        """Return the read id of every row, doubles included."""
        return [str(one) for one in self._reads.to_table(columns=["read_id"])["read_id"].to_pylist()]

    def reads(self, *, between: tuple[datetime, datetime] | None = None, vrm: Vrm | None = None) -> list[Read]:
        """Return the reads captured `between` two times (the second not included) and of this mark, by capture."""
        wanted = pc.scalar(True)
        if between is not None:
            begin, end = (time.astimezone(UTC) for time in between)
            wanted &= (pc.field(CAPTURE_DAY) >= begin.date()) & (pc.field(CAPTURE_DAY) <= end.date())
            wanted &= (pc.field("captured_at") >= begin) & (pc.field("captured_at") < end)
        if vrm is not None:
            wanted &= pc.field("vrm") == vrm
        return reads_of(self._reads.to_table(filter=wanted).sort_by("captured_at"))

    def reads_of(self, ids: Sequence[str]) -> list[Read]:
        """Return the reads with these ids, in the order of capture."""
        table = self._reads.to_table(filter=pc.field("read_id").isin(pa.array(ids, pa.string())))
        return reads_of(table.sort_by("captured_at"))

    def record_of(self, read_id: ReadId) -> CaptureRecord | None:
        """Return the record of that read, with what pictures came later; None when it is not here, or a picture that it
        promises is not."""
        reads = self.reads_of([read_id])
        rows = self._images.to_table(filter=pc.field("read_id") == read_id).to_pylist()
        jpegs = {row["kind"]: row["jpeg"] for row in rows}
        if not reads or any(
            kind not in jpegs and digest not in NO_PICTURE for kind, digest in _promised(reads[0]).items()
        ):
            return None
        return CaptureRecord(read=reads[0], patch=jpegs.get("patch", b""), overview=jpegs.get("overview", b""))

    def export_pictures(self, reads: Sequence[Read], folder: Path) -> int:
        """Write patch and overview of each read as JPEG, named by camera, time and kind; return how many."""
        folder.mkdir(parents=True, exist_ok=True)
        ids = pa.array([read.read_id for read in reads], pa.string())
        rows = self._images.to_table(filter=pc.field("read_id").isin(ids)).to_pylist()
        by_id = {read.read_id: read for read in reads}
        for row in rows:
            read = by_id[row["read_id"]]
            promised = _promised(read).get(row["kind"])
            # the read's own digest: one who changes a picture can change the digest beside it too. A picture that came
            # later has no other
            if digest_of(row["jpeg"]) != (row["digest"] if promised in NO_PICTURE else promised):
                raise IntegrityError(f"a picture ({row['kind']}) of read {row['read_id']} is not what was stored")
            camera = _NOT_FOR_FILE_NAMES.sub("_", read.camera_id)
            name = f"{camera}-{read.captured_at:%Y%m%dT%H%M%S.%f}-{read.read_id[:6]}-{row['kind']}.jpg"
            (folder / name).write_bytes(row["jpeg"])
        return len(rows)


def _promised(read: Read) -> dict[str, Digest]:
    """Return the digests of the pictures that the read came with, by kind."""
    return {"patch": read.patch_digest, "overview": read.overview_digest}
