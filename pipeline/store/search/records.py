"""From what a search found to whole reads and their pictures, each held against its digest.

On failure: NotFound for what was erased meanwhile, IntegrityError for a damaged file, or a record or picture that is
missing or not what its digest says, Unavailable for a disk or object store that does not answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from pipeline.domain.query import Found, utc
from pipeline.domain.read import NO_PICTURE, Digest, LatePictures, Read, ReadId, digest_of
from pipeline.domain.vrm import fold_vrm
from pipeline.errors import IntegrityError, NotFound, Unavailable
from pipeline.store.search.listing import Listing, StoredFile
from pipeline.store.search.reading import Chosen, Engine, Gone
from pipeline.store.tables import IMAGES, READS, SORTED_BY
from pipeline.wire.read_arrow import CAPTURE_DAY, IMAGE_SCHEMA, READ_SCHEMA, reads_of
from pipeline.wire.read_columns import read_digest

_ATTEMPTS = 3
_AT_ONCE = 200
_READ_COLUMNS = ", ".join(name for name in READ_SCHEMA.names if name != CAPTURE_DAY)
_Key = tuple[str, datetime, str]


class Records:
    """Fetches reads and pictures from the store at `url`, through `engine`."""

    def __init__(self, url: str, engine: Engine) -> None:
        self._reads = Listing(url, READS, key=SORTED_BY, schema=READ_SCHEMA)
        self._images = Listing(url, IMAGES, key="digest", schema=IMAGE_SCHEMA)
        self._engine = engine

    def reads(self, found: Sequence[Found]) -> list[Read]:
        """Return the read of everything found, in that order; two plates read alike in one frame are two reads."""
        rows: dict[_Key, list[Read]] = {}
        for start in range(0, len(found), _AT_ONCE):
            for read in self._fetch(found[start : start + _AT_ONCE]):
                rows.setdefault((read.vrm, read.captured_at, read.camera_id), []).append(read)
        missing = [one for one in found if _key(one) not in rows]
        if missing:
            self._explain(missing)
        return [read for one in found for read in rows[_key(one)]]

    def pictures(self, digests: Sequence[Digest], days: Sequence[date] = ()) -> dict[Digest, bytes]:
        """Return the pictures with these digests, captured on one of `days` (UTC; empty: look at every day)."""
        if not digests:
            return {}
        sql = f"SELECT digest, jpeg FROM {{rows}} WHERE digest IN ({', '.join('?' * len(digests))})"
        found: dict[Digest, bytes] = {}
        rows = self._table(self._images, sql, list(digests), lambda one: not days or one.day in days)
        for digest, jpeg in _columns(rows):
            if digest_of(jpeg) != digest:
                raise IntegrityError(f"the picture {digest} is not what was stored")
            found[digest] = jpeg
        absent = [one for one in digests if one not in found]
        if absent:
            raise NotFound(f"{len(absent)} of {len(digests)} pictures are not in the store, the first is {absent[0]}")
        return found

    def late_pictures(self, reads: Sequence[Read]) -> LatePictures:
        """Return the digests of pictures that came after those of `reads` that came without; the first of each kind."""
        bare = [one for one in reads if not NO_PICTURE.isdisjoint((one.patch_digest, one.overview_digest))]
        if not bare:
            return {}
        days = {utc(one.captured_at).date() for one in bare}
        sql = (
            f"SELECT read_id, kind, digest FROM {{rows}} WHERE read_id IN ({', '.join('?' * len(bare))})"
            " ORDER BY received_at DESC, digest DESC"
        )
        rows = self._table(self._images, sql, [one.read_id for one in bare], lambda one: one.day in days)
        named = zip(*(rows[name].to_pylist() for name in ("read_id", "kind", "digest")), strict=True)
        return {(ReadId(read_id), kind): Digest(digest) for read_id, kind, digest in named}

    def rows(self, found: Sequence[Found]) -> pa.Table:
        """Return what may be the reads of `found`, a table of READ_SCHEMA in no order; nothing is held against it."""
        days = {utc(one.captured_at).date() for one in found}
        folded = sorted({fold_vrm(one.vrm) for one in found})
        times = sorted({utc(one.captured_at) for one in found})

        def wanted(file: StoredFile) -> bool:
            return file.day in days and any(file.spans(mark, mark + "\0") for mark in folded)

        sql = (
            f"SELECT {_READ_COLUMNS}, CAST(captured_at AS DATE) AS {CAPTURE_DAY} FROM {{rows}}"
            f" WHERE {SORTED_BY} IN ({', '.join('?' * len(folded))}) AND captured_at IN ({', '.join('?' * len(times))})"
        )
        return self._table(self._reads, sql, [*folded, *times], wanted).select(READ_SCHEMA.names)

    def _fetch(self, found: Sequence[Found]) -> list[Read]:
        table = self.rows(found)
        reads = reads_of(table)
        for read, digest in zip(reads, table["record_digest"].to_pylist(), strict=True):
            if read_digest(read) != digest:
                raise IntegrityError(f"the record of read {read.read_id} is not what was stored")
        return reads

    def _table(
        self, listing: Listing, sql: str, values: Sequence[Any], wanted: Callable[[StoredFile], bool]
    ) -> pa.Table:
        for _ in range(_ATTEMPTS):
            files = [one for one in listing.files().values() if wanted(one)]
            if not files:
                return listing.schema.empty_table()
            try:
                return self._engine.table(sql, values, listing=listing, chosen=[Chosen(files=tuple(files))])
            except Gone:
                continue
        raise Unavailable("the files of the store change faster than they can be read; ask again")

    def _explain(self, missing: Sequence[Found]) -> None:
        days = {utc(one.captured_at).date() for one in missing}
        held = {one.day for one in self._reads.files().values()}
        if not days & held:
            raise NotFound(f"{len(missing)} reads were erased since they were found")
        day = min(days & held)
        raise IntegrityError(f"{len(missing)} reads that were found are not in the table of reads, the first of {day}")


def _key(found: Found) -> _Key:
    return found.vrm, utc(found.captured_at), found.camera_id


def _columns(table: pa.Table) -> list[tuple[Digest, bytes]]:
    return list(zip(table["digest"].to_pylist(), table["jpeg"].to_pylist(), strict=True))
