"""Takes reads out as an exhibit package: only what the gate grants, and only once it is on record who gets them.

Promise: in this order: the permission, the gate (which asks the policy and writes the search down), the reads and
pictures, each held against the digest it was stored with, the audit entry of the disclosure with its recipient and the
digest of the manifest, and only then the first byte on the disk. The package appears whole or not at all. The record
of a read tells where its camera stood, so taking out a read of a fixed camera needs the permission camera-locations
as well: a record with the place cut out would no longer match its digest.

On failure: a Refusal is a value. AccessDenied for a missing permission, NotFound when nothing that was asked for was
granted, BadInput for more reads than a package holds, Unavailable when the audit log or the disk refuses,
IntegrityError for a read or picture that is not what was stored: nothing is left on the disk then, and a disclosure
that was announced is written down as failed.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipeline.access.evidence.contents import Exhibit, facts_of, written
from pipeline.access.evidence.placing import place, require_free
from pipeline.access.evidence.sealing import continued, public_hex, sealed
from pipeline.access.evidence.standalone import standalone
from pipeline.access.evidence.statement import statement_of
from pipeline.access.evidence.verify import CUSTODY, FACTS, MANIFEST, STATEMENT, VERIFIER
from pipeline.access.gate import Gate
from pipeline.access.spelling import spelt
from pipeline.access.texts import MOST_LINE, plain
from pipeline.domain.access import AccessRequest, Authorisation, AuthorisationId, Grant, Permission, Refusal
from pipeline.domain.audit import AuditEvent, AuditWriter, Operation, Outcome
from pipeline.domain.plate import CameraId
from pipeline.domain.ports import Clock, ReadRecords
from pipeline.domain.query import Found, Limits, utc
from pipeline.domain.read import NO_PICTURE, Digest, Read, ReadId, digest_of, with_late_pictures
from pipeline.errors import AccessDenied, AnprError, BadInput, NotFound

MOST_READS = 500
CameraFacts = Callable[[CameraId, datetime], Mapping[str, str]]
"""What a register of cameras says of one as it was then; empty where it knows nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was made. `newest` is the digest of its custody entry, `key` the public key that signed it."""

    package_id: str
    reads: int
    manifest_digest: Digest
    newest: Digest
    key: str
    grant: Grant


class Exporter:
    """Takes reads out through `gate`; `key` signs packages."""

    def __init__(
        self,
        *,
        gate: Gate,
        records: ReadRecords,
        audit: AuditWriter,
        authorisation: Callable[[AuthorisationId], Authorisation | None],
        key: Ed25519PrivateKey,
        clock: Clock,
        cameras: CameraFacts = lambda camera, at: {},
        time_zone: str = "Europe/London",
    ) -> None:
        self._gate = gate
        self._records = records
        self._audit = audit
        self._authorisation = authorisation
        self._key = key
        self._clock = clock
        self._cameras = cameras
        self._time_zone = time_zone

    def export(
        self,
        request: AccessRequest,
        to: Path,
        *,
        recipient: str,
        label: str = "",
        only: Collection[ReadId] = (),
    ) -> Exported | Refusal:
        """Make the package `to` (a ZIP if it is called so) of what `request` is granted, or of those reads `only`."""
        recipient = plain(recipient, "the recipient", MOST_LINE)
        label = plain(label, "the exhibit's label", MOST_LINE) if label else ""
        require_free(to)
        asked = _event(request, recipient)
        if Permission.EVIDENCE not in request.person.permissions:
            self._audit.append([replace(asked, outcome=Outcome.REFUSED, rule="evidence")])
            raise AccessDenied("taking reads out as exhibits needs the permission evidence")
        answer = self._granted(request)
        if isinstance(answer, Refusal):
            return answer
        grant, found, kept_back = answer
        if any(one.coarse for one in found):
            self._audit.append([replace(asked, outcome=Outcome.REFUSED, rule="camera-locations")])
            raise AccessDenied(
                "the records tell where fixed cameras stand: taking them out needs the permission camera-locations"
            )
        granted, reads = self._chosen(found, only)
        package_id = uuid.uuid4().hex
        exhibits = self._exhibits(reads)
        facts = facts_of(
            package_id=package_id,
            label=label,
            recipient=recipient,
            made_at=self._clock.now(),
            grant=grant,
            granted=granted,
            kept_back=kept_back,
            authorisation=self._authorisation(request.authorisation_id) if request.authorisation_id else None,
            exhibits=exhibits,
        )
        files = {name: content for one in exhibits for name, content in one.files().items()}
        files |= {FACTS: written(facts), VERIFIER: standalone()}
        files[STATEMENT] = statement_of(facts, exhibits, self._time_zone, public_hex(self._key.public_key()))
        files = sealed(files, self._key)
        manifest_digest = digest_of(files[MANIFEST])
        announced = replace(
            asked,
            rule=grant.rule,
            result_count=len(reads),
            results_digest=hashlib.sha256("\n".join(one.read_id for one in reads).encode()).hexdigest(),
            details={"what": "exhibit package", "package": package_id, "manifest": manifest_digest, "exhibit": label},
        )
        entries = self._audit.append([announced])
        try:
            first = _created(announced, audited=entries[-1].digest if entries else Digest(""))
            files[CUSTODY], entry = continued(b"", first, self._clock.now(), self._key)
            place(files, to)
        except AnprError as error:
            self._audit.append([replace(announced, outcome=Outcome.FAILED, rule=type(error).__name__)])
            raise
        return Exported(
            package_id=package_id,
            reads=len(reads),
            manifest_digest=manifest_digest,
            newest=entry.digest,
            key=public_hex(self._key.public_key()),
            grant=grant,
        )

    def _granted(self, request: AccessRequest) -> tuple[Grant, list[Found], int] | Refusal:
        found: list[Found] = []
        cursor, kept_back = None, 0
        while True:
            answer = self._gate.page(request, Limits(rows=MOST_READS), cursor)
            if isinstance(answer, Refusal):
                return answer
            found += answer.page.found
            kept_back += answer.kept_back
            if len(found) > MOST_READS or (len(found) == MOST_READS and answer.cursor):
                raise BadInput(f"a package holds at most {MOST_READS} reads; narrow the query")
            cursor = answer.cursor
            if cursor is None:
                return answer.grant, found, kept_back

    def _chosen(self, found: list[Found], only: Collection[ReadId]) -> tuple[int, list[Read]]:
        """Return how many reads were granted, and those that go into the package, by time."""
        if not found:
            raise NotFound("no read was granted: there is nothing to take out")
        reads = {read.read_id: read for read in self._records.reads(found)}
        missing = set(only) - set(reads)
        if missing:
            raise NotFound(f"{len(missing)} of the reads asked for are not among those granted")
        chosen = [read for read in reads.values() if not only or read.read_id in only]
        return len(reads), sorted(chosen, key=lambda one: (one.captured_at, one.read_id))

    def _exhibits(self, reads: list[Read]) -> list[Exhibit]:
        late = self._records.late_pictures(reads)
        shown = [with_late_pictures(read, late) for read in reads]
        digests = {digest for one in shown for digest in (one.patch_digest, one.overview_digest)} - NO_PICTURE
        days = sorted({utc(read.captured_at).date() for read in reads})
        pictures = self._records.pictures(sorted(digests), days)
        return [
            Exhibit(
                folder=f"reads/{number:04}",
                read=read,
                patch_digest=one.patch_digest,
                overview_digest=one.overview_digest,
                patch=pictures.get(one.patch_digest),
                overview=pictures.get(one.overview_digest),
                camera=self._cameras(read.camera_id, read.captured_at),
            )
            for number, (read, one) in enumerate(zip(reads, shown, strict=True), 1)
        ]


def _event(request: AccessRequest, recipient: str) -> AuditEvent:
    return AuditEvent(
        operation=Operation.DISCLOSURE,
        outcome=Outcome.ANSWERED,
        person_id=request.person.person_id,
        force=request.person.force,
        request_id=request.request_id,
        category=request.category,
        purpose=request.purpose,
        reference=request.reference,
        justification=request.justification,
        authorisation_id=request.authorisation_id or "",
        query=spelt(request.query),
        recipient=recipient,
    )


def _created(announced: AuditEvent, audited: Digest) -> AuditEvent:
    """Return the first custody entry: it says no more than the package itself does."""
    details = {name: announced.details[name] for name in ("package", "manifest")}
    return AuditEvent(
        operation=Operation.DISCLOSURE,
        outcome=Outcome.ANSWERED,
        person_id=announced.person_id,
        force=announced.force,
        recipient=announced.recipient,
        details={"what": "created", "audit_entry": audited} | details,
    )
