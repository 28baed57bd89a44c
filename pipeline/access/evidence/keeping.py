"""What happens to a package after it was made: opened, copied, handed over, added to. Each step is a custody entry.

Promise: a package that is not whole takes no further entry: nothing false is ever signed over. The step is in the audit
log, with the digest of its custody entry, before it is in the package; what was in the package stays as it is, byte for
byte. An entry or file is there whole or not at all.

On failure: AccessDenied without the permission, IntegrityError naming what is wrong with the package, BadInput for what
is no package or no step, Unavailable when the audit log or the disk refuses: the package is as before then, and a step
that was announced is written down as failed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipeline.access.evidence.placing import put_file
from pipeline.access.evidence.sealing import continued, public_hex, verified
from pipeline.access.evidence.verify import CUSTODY, check, files_of, zipped
from pipeline.access.texts import MOST_LINE, plain
from pipeline.domain.access import Permission, Person
from pipeline.domain.audit import AuditEntry, AuditEvent, AuditWriter, Operation, Outcome
from pipeline.domain.ports import Clock
from pipeline.domain.read import digest_of
from pipeline.errors import AccessDenied, AnprError, BadInput, IntegrityError, NotFound, Unavailable

_NOT_FOR_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
_MOST_NAME = 80


class Step(StrEnum):
    """What can be done with a package."""

    OPENED = "opened"
    COPIED = "copied"
    HANDED_OVER = "handed-over"
    ADDED = "added"


_OPERATIONS = {
    Step.OPENED: Operation.CONSULTATION,
    Step.COPIED: Operation.DISCLOSURE,
    Step.HANDED_OVER: Operation.DISCLOSURE,
    Step.ADDED: Operation.ALTERATION,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Custodian:
    """Writes custody entries, signed with `key`. Packages of the holders of `trusted` (hexadecimal) count too."""

    audit: AuditWriter
    key: Ed25519PrivateKey
    clock: Clock
    trusted: Collection[str] = ()

    def record(self, package: Path, step: Step, person: Person, *, recipient: str = "", note: str = "") -> AuditEntry:
        """Write down that `person` took `step`, and to whom; return the entry."""
        if step is Step.ADDED:
            raise BadInput("what is added is a file: give it")
        if bool(recipient) != (step is Step.HANDED_OVER) and step is not Step.COPIED:
            raise BadInput("a package is handed over to somebody: say to whom, and only then")
        return self._entered(package, _event(step, person, recipient, note), {})

    def add(self, package: Path, file: Path, person: Person, *, note: str = "") -> AuditEntry:
        """Put a copy of `file` into the package, and write it down; return the entry."""
        try:
            content = file.read_bytes()
        except OSError as error:
            raise BadInput(f"{file}: cannot be read: {error.strerror}") from error
        name = _NOT_FOR_NAMES.sub("-", file.name)[-_MOST_NAME:].lstrip(".-") or "file"
        return self._entered(package, _event(Step.ADDED, person, "", note), {name: content})

    def _entered(self, package: Path, event: AuditEvent, added: Mapping[str, bytes]) -> AuditEntry:
        files = opened(package)
        checked = check(files, {public_hex(self.key.public_key()), *self.trusted}, verified)
        added = {f"additions/{len(checked.entries) + 1:04}-{name}": content for name, content in added.items()}
        # a machine that died between the file and its entry leaves the file: adding the same once more ends it
        begun = {f"{name}: does not belong to the package" for name in added if files.get(name) == added[name]}
        if faults := [one for one in checked.faults if one not in begun]:
            raise IntegrityError(f"{package}: is not what was made: {'; '.join(faults[:3])}")
        if added:
            name, content = next(iter(added.items()))
            event = replace(event, details={**event.details, "file": name, "sha256": digest_of(content)})
        custody, entry = continued(files[CUSTODY], event, self.clock.now(), self.key)
        about = {"package": checked.entries[0]["event"]["details"]["package"], "custody": entry.digest}
        announced = replace(event, details={**event.details, **about})
        self.audit.append([announced])
        try:
            _put(package, files, added, custody)
        except AnprError as error:
            self.audit.append([replace(announced, outcome=Outcome.FAILED, rule=type(error).__name__)])
            raise
        return entry


def opened(package: Path) -> dict[str, bytes]:
    """Return the files of a package. Raises NotFound, BadInput for what is none, IntegrityError for its envelope."""
    try:
        files, faults = files_of(package)
    except FileNotFoundError:
        raise NotFound(f"{package}: there is no such package") from None
    except OSError as error:
        raise Unavailable(f"{package}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise BadInput(f"{package}: {error}") from error
    if faults:
        raise IntegrityError(f"{package}: {'; '.join(faults[:3])}")
    return files


def _put(package: Path, files: Mapping[str, bytes], added: Mapping[str, bytes], custody: bytes) -> None:
    if not package.is_dir():
        put_file(package, zipped({**files, **added, CUSTODY: custody}))
        return
    try:
        for name, content in added.items():
            put_file(package / name, content)
        put_file(package / CUSTODY, custody)
    except AnprError:
        for name in added:
            (package / name).unlink(missing_ok=True)
            if not any((package / name).parent.iterdir()):
                (package / name).parent.rmdir()
        raise


def _event(step: Step, person: Person, recipient: str, note: str) -> AuditEvent:
    if person.suspended or Permission.EVIDENCE not in person.permissions:
        raise AccessDenied("keeping exhibits needs the permission evidence")
    return AuditEvent(
        operation=_OPERATIONS[step],
        outcome=Outcome.ANSWERED,
        person_id=person.person_id,
        force=person.force,
        recipient=plain(recipient, "the recipient", MOST_LINE) if recipient else "",
        details={"what": step.value, "note": plain(note, "the note") if note else ""},
    )
