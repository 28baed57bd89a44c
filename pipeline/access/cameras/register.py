"""The register of cameras: of what kind they are, in which area, and where each stood at any instant.

Promise: every change is written to the audit log before it is made, and nothing is ever overwritten: a move is a new
entry, because evidence needs where a camera was then. Places are sealed (`seal.py`); the log gets a digest of the
sealed text, nothing else. Who looks at a place needs the permission, and is recorded first. A portable camera's place
is as restricted as a fixed one's; a mobile one has none here, its reads have their own.
On failure: AccessDenied, NotFound, OutOfTurn and BadInput, none of which tells a place; Unavailable or IntegrityError
as in `pipeline/sqlite.py` and `seal.py`.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from datetime import datetime
from pathlib import Path

from pipeline.access.cameras.seal import PlaceSeal
from pipeline.access.texts import MOST_LINE, name, plain
from pipeline.domain.access import Permission, Person, PersonId
from pipeline.domain.audit import AuditEvent, AuditWriter, Operation, Outcome
from pipeline.domain.camera import Camera, CameraKind, Placed
from pipeline.domain.plate import CameraId
from pipeline.domain.ports import Clock
from pipeline.domain.query import utc
from pipeline.domain.read import Location
from pipeline.errors import AccessDenied, BadInput, NotFound, OutOfTurn
from pipeline.sqlite import open_to_write, transaction, translated

HOLDING = "cameras"
TABLES = (
    "CREATE TABLE IF NOT EXISTS cameras (placement INTEGER PRIMARY KEY AUTOINCREMENT, camera_id TEXT NOT NULL,"
    " kind TEXT NOT NULL, force TEXT NOT NULL, area TEXT NOT NULL, since TEXT NOT NULL, entered_at TEXT NOT NULL,"
    " changed_by TEXT NOT NULL, place TEXT)",
    "CREATE INDEX IF NOT EXISTS cameras_by_id ON cameras (camera_id, since, placement)",
    "CREATE TABLE IF NOT EXISTS assessments (number INTEGER PRIMARY KEY AUTOINCREMENT, assessment_id TEXT NOT NULL,"
    " camera_id TEXT NOT NULL, content TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS assessments_by_camera ON assessments (camera_id, number)",
)
COLUMNS = "placement, camera_id, kind, force, area, since, entered_at, changed_by, place"
Row = tuple[int, str, str, str, str, str, str, str, str | None]


class CameraRegister:
    """One register; the entry with the latest `since` counts, of several the newest."""

    def __init__(self, path: Path, seal: PlaceSeal, *, audit: AuditWriter, clock: Clock) -> None:
        self._path = path
        self._seal = seal
        self._audit = audit
        self._clock = clock
        self._one_at_a_time = threading.Lock()
        self._rows = open_to_write(path, TABLES, holding=HOLDING)

    def camera(self, camera_id: CameraId, at: datetime | None = None) -> Camera:
        """Return the camera as it is now, or was at `at`."""
        return camera_of(self._row(camera_id, at))

    def everything(self) -> list[Camera]:
        """Return all cameras as they are now, by id."""
        with translated(self._path, HOLDING):
            ids = self._rows.execute("SELECT DISTINCT camera_id FROM cameras ORDER BY camera_id").fetchall()
        return [self.camera(CameraId(one)) for (one,) in ids]

    def history(self, camera_id: CameraId) -> list[Camera]:
        """Return all entries of a camera, also corrected ones, in the order they were made."""
        with translated(self._path, HOLDING):
            rows = self._rows.execute(
                f"SELECT {COLUMNS} FROM cameras WHERE camera_id = ? ORDER BY placement", (camera_id,)
            ).fetchall()
        return [camera_of(row) for row in rows]

    def placed(self, camera_id: CameraId, at: datetime | None = None) -> Placed:
        """Return a camera with its place, for the system itself: it goes to no person but through `told`."""
        row = self._row(camera_id, at)
        place = self._seal.open(row[8], _entry(row)) if row[8] else None
        return Placed(camera=camera_of(row), location=place)

    def told(self, camera_id: CameraId, at: datetime | None = None, *, by: Person, reason: str) -> Placed:
        """Return a camera with its place to `by`, which is recorded first."""
        if by.suspended or Permission.CAMERA_LOCATIONS not in by.permissions:
            raise AccessDenied("where a camera stands needs the permission camera-locations")
        row = self._row(camera_id, at)
        details = {"at": utc(at).isoformat()} if at else {}
        self._record(Operation.CONSULTATION, "place of a camera looked at", row, by, reason, details)
        return self.placed(camera_id, at)

    def add(
        self, camera_id: CameraId, kind: CameraKind, area: str, place: Location | None, *, by: Person, reason: str
    ) -> Camera:
        """Enter a new camera. A mobile one has no place, all others have one."""
        name(camera_id, "the id of a camera")
        if (place is None) is not (kind is CameraKind.MOBILE):
            raise BadInput("fixed and portable cameras have a place; a mobile one has none, it tells its own")
        now = self._clock.now()
        return self._enter("camera entered", camera_id, kind, area, place, now, by=by, reason=reason, new=True)

    def move(
        self,
        camera_id: CameraId,
        place: Location,
        *,
        by: Person,
        reason: str,
        area: str = "",
        since: datetime | None = None,
    ) -> Camera:
        """Enter that a camera stands elsewhere since `since` (default: now), which is not in the future."""
        known = self.camera(camera_id)
        if known.kind is CameraKind.MOBILE:
            raise BadInput("a mobile camera has no place here: its reads have their own")
        now = self._clock.now()
        if since is not None and since > now:
            raise BadInput("a move is entered when it has happened: --since is in the future")
        return self._enter(
            "camera moved", camera_id, known.kind, area or known.area, place, since or now, by=by, reason=reason
        )

    def renew_key(self, *, by: Person, reason: str) -> int:
        """Seal all places with a new key and remove the former ones; return how many places."""
        _may_change(by)
        event = _event(Operation.ADMINISTRATION, "key of the cameras' places renewed", by, plain(reason, "the reason"))
        with self._one_at_a_time, translated(self._path, HOLDING):
            with transaction(self._rows):
                self._audit.append([event])
                former = self._seal.renew()
                rows = self._rows.execute(f"SELECT {COLUMNS} FROM cameras WHERE place IS NOT NULL").fetchall()
                for row in rows:
                    sealed = self._seal.close(self._seal.open(row[8], _entry(row)), _entry(row))
                    self._rows.execute("UPDATE cameras SET place = ? WHERE placement = ?", (sealed, row[0]))
            # what the former key sealed must not stay in the log
            self._rows.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._seal.forget(former)
        return len(rows)

    def close(self) -> None:
        self._rows.close()

    def _row(self, camera_id: CameraId, at: datetime | None) -> Row:
        with translated(self._path, HOLDING):
            return row_at(self._rows, camera_id, at)

    def _enter(
        self,
        what: str,
        camera_id: CameraId,
        kind: CameraKind,
        area: str,
        place: Location | None,
        since: datetime,
        *,
        by: Person,
        reason: str,
        new: bool = False,
    ) -> Camera:
        _may_change(by)
        said, now = plain(area, "the coarse area", MOST_LINE), utc(self._clock.now()).isoformat()
        entry = (camera_id, kind.value, by.force, said, utc(since).isoformat(), now, by.person_id)
        sealed = self._seal.close(place, _entry((0, *entry, None))) if place else None
        with self._one_at_a_time, translated(self._path, HOLDING), transaction(self._rows):
            exists = self._rows.execute("SELECT 1 FROM cameras WHERE camera_id = ?", (camera_id,)).fetchone()
            if new and exists:
                raise OutOfTurn(f"camera {camera_id} is registered already; `anpr camera move` enters a new place")
            self._record(Operation.ADMINISTRATION, what, (0, *entry, sealed), by, reason, {})
            marks = ", ".join("?" * 8)
            made = self._rows.execute(
                f"INSERT INTO cameras ({COLUMNS.partition(', ')[2]}) VALUES ({marks})", (*entry, sealed)
            )
            return camera_of((int(made.lastrowid or 0), *entry, sealed))

    def _record(self, operation: Operation, what: str, row: Row, by: Person, reason: str, more: dict[str, str]) -> None:
        digest = {"sealed place, SHA-256": hashlib.sha256(row[8].encode()).hexdigest()} if row[8] else {}
        told = {"camera": row[1], "kind": row[2], "area": row[4], "since": row[5]} | digest | more
        self._audit.append([_event(operation, what, by, plain(reason, "the reason"), told)])


def row_at(rows: sqlite3.Connection, camera_id: CameraId, at: datetime | None) -> Row:
    """Return the entry that counts at `at`, or now."""
    found: Row | None = rows.execute(
        f"SELECT {COLUMNS} FROM cameras WHERE camera_id = ? AND since <= ? ORDER BY since DESC, placement DESC LIMIT 1",
        (camera_id, utc(at).isoformat() if at else "9999"),
    ).fetchone()
    if found is None:
        raise NotFound("no such camera is registered" + (" for that time" if at else ""))
    return found


def camera_of(row: Row) -> Camera:
    """Return a row without its place."""
    return Camera(
        camera_id=CameraId(row[1]),
        kind=CameraKind(row[2]),
        force=row[3],
        area=row[4],
        since=datetime.fromisoformat(row[5]),
        entered_at=datetime.fromisoformat(row[6]),
        changed_by=PersonId(row[7]),
        placement=row[0],
    )


def _entry(row: Row) -> str:
    """Return what a place is bound to: all of its entry but the number, which is not known when it is sealed."""
    return "\0".join(row[1:8])


def _may_change(by: Person) -> None:
    if by.suspended or Permission.CAMERAS not in by.permissions:
        raise AccessDenied("changing the register of cameras needs the permission cameras, and no suspension")


def _event(operation: Operation, what: str, by: Person, reason: str, told: dict[str, str] | None = None) -> AuditEvent:
    return AuditEvent(
        operation=operation,
        outcome=Outcome.ALLOWED,
        person_id=by.person_id,
        force=by.force,
        justification=reason,
        details={"what": what} | (told or {}),
    )
