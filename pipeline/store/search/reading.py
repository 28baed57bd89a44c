"""SQL over a chosen set of Parquet files, bounded in time and memory, that can be stopped from another thread.

DuckDB reads local files itself, but for the few rows of files of which it is known in which pages they lie
(`pages.py`); over an object store, whose reader DuckDB would have to download, pyarrow reads what delta-rs can reach.

On failure: IntegrityError naming the damaged file; `Gone` when the file was replaced meanwhile (ask again with the
newest list); `Interrupted` when stopped; Overloaded when the memory allowed does not suffice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs as pa_fs
from deltalake.fs import DeltaStorageHandler

from pipeline.errors import IntegrityError, Overloaded, Unavailable
from pipeline.store.durable import local_folder
from pipeline.store.search.listing import Listing, StoredFile
from pipeline.store.search.pages import LookUp, rows_of


class Gone(Exception):
    """A file is no longer part of the table. Never leaves the search."""


class Interrupted(Exception):
    """The time is over or somebody stopped. Never leaves the search."""


@dataclass(slots=True)
class Stop:
    """Give one to a search, and `now()` from any thread ends it."""

    _asked: threading.Event = field(default_factory=threading.Event)
    _running: set[duckdb.DuckDBPyConnection] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def asked(self) -> bool:
        return self._asked.is_set()

    def now(self) -> None:
        """Stop what runs and whatever would start."""
        self._asked.set()
        with self._lock:
            for connection in self._running:
                connection.interrupt()

    @contextmanager
    def watching(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        with self._lock:
            self._running.add(connection)
        try:
            if self.asked:
                raise Interrupted
            yield
        finally:
            with self._lock:
                self._running.discard(connection)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Files to read. `only`: these values of the column that they are sorted by, of which few parts of a file are read;
    None: all. `look_ups`: the same for every one of the files, where it is known in which pages these parts lie."""

    files: tuple[StoredFile, ...]
    only: tuple[str, ...] | None = None
    look_ups: tuple[LookUp, ...] = ()

    @property
    def few(self) -> bool:
        """Tell whether few rows are read."""
        return self.only is not None or bool(self.look_ups)


class Engine:
    """One DuckDB for many threads; each query has its own connection."""

    def __init__(self, *, threads: int, memory_mebibytes: int) -> None:
        self._threads = threads
        self._root = duckdb.connect(
            ":memory:",
            config={
                "threads": threads,
                "memory_limit": f"{memory_mebibytes}MiB",
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        self._root.execute("SET GLOBAL parquet_metadata_cache = true")
        self._root.execute("SET GLOBAL TimeZone = 'UTC'")

    def table(
        self,
        sql: str,
        parameters: Sequence[Any],
        *,
        listing: Listing,
        chosen: Sequence[Chosen],
        until: float | None = None,
        stop: Stop | None = None,
    ) -> pa.Table:
        """Return the answer to `sql`, in which `{rows}` stands for those chosen. `until` is monotonic seconds."""
        try:
            return self._run(sql, parameters, listing=listing, chosen=chosen, until=until, stop=stop or Stop())
        except duckdb.InterruptException as error:
            raise Interrupted from error
        except duckdb.OutOfMemoryException as error:
            raise Overloaded("the search needs more memory than it may have; narrow it or ask again") from error
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            self._blame(sql, parameters, listing, chosen)
            raise Unavailable(f"the files of {listing.name} cannot be read now: {type(error).__name__}") from error

    def _run(
        self,
        sql: str,
        parameters: Sequence[Any],
        *,
        listing: Listing,
        chosen: Sequence[Chosen],
        until: float | None,
        stop: Stop,
    ) -> pa.Table:
        with self._root.cursor() as connection:

            def halt() -> None:
                if stop.asked or (until is not None and time.monotonic() >= until):
                    raise Interrupted

            rows, values = _rows_of(connection, listing, [one for one in chosen if not one.look_ups])
            look_ups = [one for several in chosen for one in several.look_ups]
            if look_ups:
                connection.register("paged", rows_of(look_ups, use_threads=self._threads > 1, halt=halt))
                rows = f"(SELECT * FROM paged UNION ALL BY NAME {rows})" if rows else "paged"
            text, values = sql.format(rows=rows), [*values, *parameters]
            # Timer starts at once and must not fire before the query, which would then never end
            left = threading.TIMEOUT_MAX if until is None else until - time.monotonic()
            if left <= 0:
                raise Interrupted
            timer = threading.Timer(min(left, threading.TIMEOUT_MAX), connection.interrupt)
            timer.daemon = True
            if until is not None:
                timer.start()
            try:
                with stop.watching(connection):
                    return connection.sql(text, params=values).to_arrow_table()
            finally:
                timer.cancel()

    def _blame(self, sql: str, parameters: Sequence[Any], listing: Listing, chosen: Sequence[Chosen]) -> None:
        """Raise Gone if the list has changed, IntegrityError for the file that fails on its own too."""
        listed = listing.files()
        files = [one for several in chosen for one in several.files]
        if any(one.path not in listed for one in files):
            raise Gone
        for one in files:
            try:
                self._run(sql, parameters, listing=listing, chosen=[Chosen(files=(one,))], until=None, stop=Stop())
            except (duckdb.Error, pa.ArrowException, OSError) as error:
                raise IntegrityError(
                    f"the file {listing.name}/{one.path} is damaged or gone ({type(error).__name__});"
                    " `anpr store verify` tells what was in it, restore it from the backup"
                ) from error


def _rows_of(
    connection: duckdb.DuckDBPyConnection, listing: Listing, chosen: Sequence[Chosen]
) -> tuple[str, list[Any]]:
    """Return what follows FROM (nothing for nothing), and its parameters. Each file is asked for its own values: asked
    for those of all, it would have to decode nearly everything."""
    folder = local_folder(listing.url)
    parts: list[str] = []
    values: list[Any] = []
    for number, one in enumerate(chosen):
        source = f"remote_{number}"
        if folder is None:
            connection.register(source, remote_dataset(listing, one.files))
        else:
            source = "read_parquet(?, hive_partitioning = false)"
            values.append([str(folder / listing.name / file.path) for file in one.files])
        if one.only is not None:
            source += f" WHERE {listing.key} IN ({', '.join('?' * len(one.only))})"
            values += one.only
        parts.append(f"SELECT * FROM {source}")
    return f"({' UNION ALL '.join(parts)})" if parts else "", values


def remote_dataset(listing: Listing, files: Sequence[StoredFile]) -> ds.Dataset:
    """Return `files` as delta-rs reaches them."""
    table = listing.table()
    filesystem = pa_fs.PyFileSystem(DeltaStorageHandler.from_table(table._table, None, None))
    paths = [one.path for one in files]
    return ds.dataset(paths, filesystem=filesystem, format="parquet", schema=listing.schema)


def local_path(listing: Listing, file: StoredFile) -> Path | None:
    """Return where `file` lies, None in an object store."""
    folder = local_folder(listing.url)
    return None if folder is None else folder / listing.name / file.path
