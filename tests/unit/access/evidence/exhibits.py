"""What the tests of exhibits share: a gate before two reads with pictures, an exporter, and a package that it made."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipeline.access.audit.chain import entry_after
from pipeline.access.cursors import Cursors
from pipeline.access.evidence.export import Exported, Exporter
from pipeline.access.evidence.keeping import Custodian
from pipeline.access.evidence.sealing import public_hex
from pipeline.access.gate import Gate
from pipeline.access.guards import Guards
from pipeline.access.policy import Policy
from pipeline.access.settings import AccessSettings
from pipeline.access.sight import Sight
from pipeline.domain.access import AccessRequest, Authorisation, Grade, Permission
from pipeline.domain.audit import AuditEntry, AuditEvent
from pipeline.domain.query import Ended, Found, Limits, Page, Query
from pipeline.domain.read import CaptureRecord, Digest, LatePictures, Read, digest_of
from pipeline.domain.vrm import Vrm
from pipeline.errors import Unavailable
from tests.support.builders import a_record
from tests.unit.access.stand import ASKER, DAY, GOOD, MARK, NOW, ManualClock, request

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY_HEX = public_hex(KEY.public_key())
EXHIBITOR = replace(ASKER, permissions=frozenset({Permission.EVIDENCE, Permission.CAMERA_LOCATIONS}))
RECIPIENT = "Crown Prosecution Service, Testshire"


def records() -> list[CaptureRecord]:
    """Two reads of the same vehicle, one young and one that only an authorisation opens."""
    return [
        a_record(number, vrm=Vrm(MARK), captured_at=NOW - age * DAY, patch=b"\xff\xd8 patch %d" % number)
        for number, age in enumerate((3, 200))
    ]


class ChainedAudit:
    """An audit log in memory with room for so many events."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []
        self.room = 1000

    def append(self, events: list[AuditEvent]) -> list[AuditEntry]:
        if len(self.entries) + len(events) > self.room:
            raise Unavailable("the audit log: no space left on device")
        for event in events:
            self.entries.append(entry_after(self.entries[-1] if self.entries else None, event, NOW))
        return self.entries[-len(events) :]

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(one.event.operation.value, one.event.outcome.value) for one in self.entries]


class ListedRecords:
    """Finds and fetches what it was given."""

    def __init__(self, kept: list[CaptureRecord]) -> None:
        self.kept = kept

    def page(self, query: Query, limits: Limits, cursor: str | None = None) -> Page:
        fitting = [one.read for one in self.kept if query.begin <= one.read.captured_at < query.end]
        return Page(found=tuple(_found(one) for one in fitting), ended=Ended.COMPLETE, cursor=None)

    def reads(self, found: Sequence[Found]) -> list[Read]:
        times = {one.captured_at for one in found}
        return [one.read for one in self.kept if one.read.captured_at in times]

    def pictures(self, digests: Sequence[Digest], days: Sequence[date] = ()) -> dict[Digest, bytes]:
        pictures = [jpeg for one in self.kept for jpeg in (one.patch, one.overview)]
        return {digest_of(jpeg): jpeg for jpeg in pictures if digest_of(jpeg) in digests}

    def late_pictures(self, reads: Sequence[Read]) -> LatePictures:
        made = {one.read.read_id: one for one in self.kept}
        return {
            (read.read_id, kind): digest_of(jpeg)
            for read in reads
            for kind, jpeg in (("patch", made[read.read_id].patch), ("overview", made[read.read_id].overview))
            if jpeg
        }


class Station:
    """An exporter and a custodian with everything around them."""

    def __init__(self, kept: list[CaptureRecord] | None = None) -> None:
        self.clock, self.audit = ManualClock(), ChainedAudit()
        self.records = ListedRecords(records() if kept is None else kept)
        self.authorisation: Authorisation | None = replace(GOOD, decider_grade=Grade.SUPERINTENDENT)
        settings = AccessSettings()
        self.gate = Gate(
            policy=Policy(settings.categories),
            guards=Guards(settings.guards),
            sight=Sight(b"secret", is_mobile=lambda _: False),
            cursors=Cursors(b"secret"),
            audit=self.audit,
            search=self.records,
            authorisation=lambda _: self.authorisation,
            clock=self.clock,
        )
        self.exporter = Exporter(
            gate=self.gate,
            records=self.records,
            audit=self.audit,
            authorisation=lambda _: self.authorisation,
            key=KEY,
            clock=self.clock,
        )
        self.custodian = Custodian(audit=self.audit, key=KEY, clock=self.clock)

    def export(self, to: Path, asked: AccessRequest | None = None, **given: str) -> Exported:
        asked = asked or request(person=EXHIBITOR)
        made = self.exporter.export(asked, to, **{"recipient": RECIPIENT, "label": "ABC/1"} | given)
        assert isinstance(made, Exported)
        return made


def _found(read: Read) -> Found:
    return Found(
        vrm=read.vrm,
        captured_at=read.captured_at,
        camera_id=read.camera_id,
        location=read.location,
        text=read.vrm,
        rank=0,
        probability=1,
    )


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes: the disk is full there."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
