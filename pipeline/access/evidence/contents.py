"""What an exhibit package tells of its reads and of the grant under which they were taken out, as values of JSON.

Promise: nothing is left out of a read; times are UTC with microseconds, as ISO 8601. What the system does not know is
said to be unknown (null), never guessed: the record of a read names the models that read it, and `software` is that
which made the package.
On failure: nothing raises.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from pipeline.access.spelling import spelt
from pipeline.domain.access import Authorisation, Grant, Narrowing, Span
from pipeline.domain.camera import Camera
from pipeline.domain.read import Digest, Read
from pipeline.wire.read_columns import canonical_bytes, read_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """One read with its pictures (None where the feed sent none) and what the register says of its camera then.

    The digests are those of the pictures here: where a picture came after its read, the record has none of it.
    """

    folder: str
    read: Read
    patch_digest: Digest
    overview_digest: Digest
    patch: bytes | None
    overview: bytes | None
    camera: Mapping[str, str]

    def files(self) -> dict[str, bytes]:
        """Return the files of this read, by their names in the package."""
        pictures = {"patch.jpg": self.patch, "overview.jpg": self.overview}
        files = {"record.bin": canonical_bytes(self.read), "read.json": written(self.told())}
        files |= {name: jpeg for name, jpeg in pictures.items() if jpeg is not None}
        return {f"{self.folder}/{name}": content for name, content in files.items()}

    def told(self) -> dict[str, Any]:
        """Return the whole read."""
        return {"read": asdict(self.read), "camera_register": dict(self.camera) or None}


def camera_facts(camera: Camera | None) -> dict[str, str]:
    """Return what the register says of a camera as it was then; nothing of one that it does not know."""
    if camera is None:
        return {}
    return {
        "kind": camera.kind.value,
        "area": camera.area,
        "force": camera.force,
        "so since": _plain(camera.since),
        "entered": f"{_plain(camera.entered_at)} by {camera.changed_by}, entry {camera.placement}",
    }


def facts_of(
    *,
    package_id: str,
    label: str,
    recipient: str,
    made_at: datetime,
    grant: Grant,
    granted: int,
    kept_back: int,
    authorisation: Authorisation | None,
    exhibits: list[Exhibit],
) -> dict[str, Any]:
    """Return what the package says of itself."""
    return {
        "format": 1,
        "package": package_id,
        "exhibit": label,
        "recipient": recipient,
        "made_at": made_at,
        "software": {"anpr-ray": version("anpr-ray"), "python": platform.python_version()},
        "models": sorted({one.read.model_version for one in exhibits}),
        "grant": _granted(grant, kept_back) | {"reads_granted": granted, "reads_chosen": len(exhibits)},
        "authorisation": None if authorisation is None else _authorised(authorisation),
        "reads": [
            {
                "folder": one.folder,
                "read_id": one.read.read_id,
                "record_digest": read_digest(one.read),
                "patch_digest": one.patch_digest,
                "overview_digest": one.overview_digest,
            }
            for one in exhibits
        ],
    }


def written(value: Any) -> bytes:
    """Return `value` as JSON for people and programs."""
    return (json.dumps(value, default=_plain, indent=2, sort_keys=True, ensure_ascii=True) + "\n").encode("ascii")


def _granted(grant: Grant, kept_back: int) -> dict[str, Any]:
    request = grant.request
    return {
        "request": request.request_id,
        "person": request.person.person_id,
        "force": request.person.force,
        "grade": request.person.grade,
        "roles": sorted(request.person.roles),
        "purpose": request.purpose,
        "category": request.category,
        "reference": request.reference,
        "justification": request.justification,
        "query": json.loads(spelt(request.query)),
        "made_at": request.made_at,
        "rule": grant.rule,
        "open_freely": _span(grant.freely),
        "open_by_authorisation": _span(grant.authorised),
        "narrowed": [_narrowed(one) for one in grant.narrowed],
        "kept_back": kept_back,
    }


def _narrowed(one: Narrowing) -> dict[str, Any]:
    return {"captured": _span(one.away), "rule": one.rule, "reason": one.reason}


def _span(span: Span) -> dict[str, datetime] | None:
    return {"from": span.begin, "to": span.end} if span else None


def _authorised(one: Authorisation) -> dict[str, Any]:
    return {
        "id": one.authorisation_id,
        "requested_by": one.requested_by,
        "requested_at": one.requested_at,
        "state": one.state,
        "decided_by": one.decided_by,
        "decider_grade": one.decider_grade,
        "decided_at": one.decided_at,
        "expires_at": one.expires_at,
        "categories": sorted(one.categories),
        "captured": _span(one.period),
        "marks": sorted(one.marks),
        "cameras": sorted(one.cameras),
        "areas": [asdict(area) for area in one.areas],
        "reference": one.reference,
        "justification": one.justification,
    }


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    raise TypeError(f"{type(value).__name__} has no spelling in a package")
