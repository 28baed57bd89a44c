"""The catalogue of the hotlists: which lists there are, and what every revision is made of, in one SQLite file.

A revision exists from the instant its transaction is committed, for all lists and all shards at once; its rows are in
files that were durable before. No mark stands in here, so that erasing rows erases the vehicles.

On failure: Unavailable for a full or failing disk, IntegrityError for a damaged file.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import AbstractContextManager, closing
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from pipeline import sqlite
from pipeline.domain.hotlist import HotlistId, HotlistTerms

_TABLES = (
    "CREATE TABLE IF NOT EXISTS revisions (sequence INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL UNIQUE,"
    " kind TEXT NOT NULL, by TEXT NOT NULL, reason TEXT NOT NULL, source TEXT NOT NULL, file TEXT, digest TEXT)",
    "CREATE TABLE IF NOT EXISTS checkpoints"
    " (sequence INTEGER PRIMARY KEY, file TEXT NOT NULL, digest TEXT NOT NULL, history_from INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS lists (number INTEGER PRIMARY KEY, hotlist_id TEXT NOT NULL UNIQUE,"
    " revision INTEGER NOT NULL, origin TEXT NOT NULL, terms TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS list_revisions (sequence INTEGER NOT NULL, number INTEGER NOT NULL,"
    " revision INTEGER NOT NULL, added INTEGER NOT NULL, altered INTEGER NOT NULL, removed INTEGER NOT NULL,"
    " erased INTEGER NOT NULL, entries INTEGER NOT NULL, terms TEXT NOT NULL, PRIMARY KEY (sequence, number))",
    "CREATE TABLE IF NOT EXISTS refusals (at INTEGER NOT NULL, by TEXT NOT NULL, hotlist_id TEXT NOT NULL,"
    " source TEXT NOT NULL, why TEXT NOT NULL)",
)
_HOLDING = "hotlists"
CATALOGUE = "catalogue.db"
"""The file, in the folder of the store."""


class Kind(StrEnum):
    """What a revision was made by."""

    FULL = "full"
    DELTA = "delta"
    TERMS = "terms"
    WEED = "weed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One step of the sequence over all lists. `reason` is what was given for forcing it, empty if it was not."""

    sequence: int
    at: int
    kind: Kind
    by: str
    reason: str = ""
    source: str = ""
    """SHA-256 of the file it was made from."""
    file: str | None = None
    """The table of its change; None when it changed no entry, or when a checkpoint holds the outcome."""
    digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListState:
    """A list now. `revision` counts its own revisions, or is the owner's number; `origin` is who keeps loading it."""

    number: int
    terms: HotlistTerms
    revision: int
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStep:
    """What a revision did to one list, in marks; `erased` counts rows that `weed` erased for good."""

    state: ListState
    added: int = 0
    altered: int = 0
    removed: int = 0
    same: int = 0
    unknown: int = 0
    """Marks to take off that were not on the list."""
    erased: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A table of everything held after a revision, and of the past since `history_from` (µs)."""

    sequence: int
    file: str
    digest: str
    history_from: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest revision as the catalogue has it, 0 before the first, and all lists by number."""

    sequence: int
    at: int
    lists: tuple[ListState, ...]

    def numbered(self, hotlist_id: str) -> ListState | None:
        return next((one for one in self.lists if one.terms.hotlist_id == hotlist_id), None)


def terms_of(head: Head) -> tuple[HotlistTerms, ...]:
    """Return what the lists are for, by number."""
    return tuple(one.terms for one in head.lists)


def open_catalogue(path: Path) -> sqlite3.Connection:
    """Return a connection that commits with fsync; folder and tables are made."""
    connection = sqlite.open_to_write(path, _TABLES, holding=_HOLDING)
    with translated(path):
        # lists name people's vehicles: nobody else on this machine has any business with them
        path.parent.chmod(0o700)
    return connection


def lists_in(folder: Path) -> tuple[HotlistTerms, ...]:
    """Return what the lists in `folder` are for, as whoever only looks on sees it; none before the first."""
    path = folder / CATALOGUE
    if not path.exists():
        return ()
    with (
        closing(sqlite.open_to_read(path, holding=_HOLDING)) as connection,
        translated(path),
        transaction(connection, writing=False),
    ):
        return terms_of(head_of(connection))


def translated(path: Path) -> AbstractContextManager[None]:
    """Turn the errors of SQLite and of the disk into the project's."""
    return sqlite.translated(path, _HOLDING)


def transaction(connection: sqlite3.Connection, *, writing: bool) -> AbstractContextManager[None]:
    """All or nothing; without `writing` one unchanging view."""
    return sqlite.transaction(connection, writing=writing)


def head_of(connection: sqlite3.Connection) -> Head:
    """Return the newest revision and the lists as they are after it; ask within a transaction."""
    row = connection.execute("SELECT sequence, at FROM revisions ORDER BY sequence DESC LIMIT 1").fetchone() or (0, 0)
    lists = connection.execute("SELECT number, revision, origin, terms FROM lists ORDER BY number")
    states = tuple(
        ListState(number=number, revision=revision, origin=origin, terms=_terms_of(terms))
        for number, revision, origin, terms in lists
    )
    return Head(sequence=row[0], at=row[1], lists=states)


def checkpoint_of(connection: sqlite3.Connection, sequence: int) -> Checkpoint | None:
    """Return the newest checkpoint of this revision or an earlier one."""
    row = connection.execute(
        "SELECT sequence, file, digest, history_from FROM checkpoints WHERE sequence <= ?"
        " ORDER BY sequence DESC LIMIT 1",
        (sequence,),
    ).fetchone()
    return Checkpoint(sequence=row[0], file=row[1], digest=row[2], history_from=row[3]) if row else None


def revisions_of(connection: sqlite3.Connection, after: int, to: int) -> list[Revision]:
    """Return the revisions beyond `after` up to `to`, in order."""
    rows = connection.execute(
        "SELECT sequence, at, kind, by, reason, source, file, digest FROM revisions"
        " WHERE sequence > ? AND sequence <= ? ORDER BY sequence",
        (after, to),
    )
    names = ("sequence", "at", "kind", "by", "reason", "source", "file", "digest")
    return [Revision(**dict(zip(names, row, strict=True)) | {"kind": Kind(row[2])}) for row in rows]


def steps_of(connection: sqlite3.Connection, number: int) -> list[tuple[int, ListStep]]:
    """Return what each revision did to a list, with the revision's place in the sequence, in order."""
    rows = connection.execute(
        "SELECT sequence, revision, added, altered, removed, erased, terms FROM list_revisions WHERE number = ?"
        " ORDER BY sequence",
        (number,),
    )
    return [
        (
            sequence,
            ListStep(
                state=ListState(number=number, revision=revision, terms=_terms_of(terms)),
                added=added,
                altered=altered,
                removed=removed,
                erased=erased,
            ),
        )
        for sequence, revision, added, altered, removed, erased, terms in rows
    ]


def add_revision(connection: sqlite3.Connection, revision: Revision, steps: list[ListStep]) -> None:
    """Write a revision, what it did to each list, and the lists as they are after it."""
    connection.execute(
        "INSERT INTO revisions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(revision.sequence, revision.at, revision.kind.value, revision.by, revision.reason, revision.source),
            *(revision.file, revision.digest),
        ),
    )
    for step in steps:
        state, terms = step.state, _spelled(step.state.terms)
        connection.execute(
            "INSERT OR REPLACE INTO lists VALUES (?, ?, ?, ?, ?)",
            (state.number, state.terms.hotlist_id, state.revision, state.origin, terms),
        )
        counts = (step.added, step.altered, step.removed, step.erased, state.terms.entries)
        connection.execute(
            "INSERT INTO list_revisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (revision.sequence, state.number, state.revision, *counts, terms),
        )


def add_checkpoint(connection: sqlite3.Connection, checkpoint: Checkpoint) -> None:
    """Write where everything held after a revision lies."""
    connection.execute(
        "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?)",
        (checkpoint.sequence, checkpoint.file, checkpoint.digest, checkpoint.history_from),
    )


def add_refusal(connection: sqlite3.Connection, *, at: int, by: str, hotlist_id: str, source: str, why: str) -> None:
    """Write that a file was refused."""
    connection.execute("INSERT INTO refusals VALUES (?, ?, ?, ?, ?)", (at, by, hotlist_id, source, why))


def forget_files(connection: sqlite3.Connection, before_checkpoint: int) -> None:
    """Let go of the tables that no revision from that checkpoint on is made of."""
    connection.execute("DELETE FROM checkpoints WHERE sequence < ?", (before_checkpoint,))
    connection.execute("UPDATE revisions SET file = NULL, digest = NULL WHERE sequence <= ?", (before_checkpoint,))


def files_of(connection: sqlite3.Connection) -> set[str]:
    """Return the names of all tables that something is made of."""
    rows = connection.execute("SELECT file FROM checkpoints UNION SELECT file FROM revisions WHERE file IS NOT NULL")
    return {row[0] for row in rows}


def _spelled(terms: HotlistTerms) -> str:
    return json.dumps(asdict(terms), default=str)


def _terms_of(text: str) -> HotlistTerms:
    given = json.loads(text)
    review = date.fromisoformat(given["review_date"]) if given["review_date"] else None
    hotlist_id, visible_to = HotlistId(given["hotlist_id"]), tuple(given["visible_to"])
    return HotlistTerms(**given | {"hotlist_id": hotlist_id, "review_date": review, "visible_to": visible_to})
