"""Our reads as BOF2 calls, for a Back Office Facility that knows nothing newer.

BOF2 names feed, source and camera by whole numbers: whoever sends gives them. Times are UTC to the millisecond.
On failure: nothing here fails.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from xml.etree.ElementTree import Element, SubElement, tostring

from pipeline.domain.read import CaptureRecord, Direction, Read
from pipeline.errors import BadInput
from pipeline.join.bof2 import CAPTURE, COMPACT, MOST_IN_COMPOUND

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_TOWARD = {Direction.APPROACHING: "true", Direction.RECEDING: "false", Direction.UNKNOWN: ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bof2Origin:
    """Who sends, and by which numbers the receiver knows the camera."""

    signature: str
    username: str
    feed: int
    source: int
    camera: int


def send_capture(record: CaptureRecord, origin: Bof2Origin) -> bytes:
    """Return the sendCapture call of a record, with its pictures."""
    told = _told(record.read, origin) | {
        "plateImage": base64.b64encode(record.patch).decode("ascii"),
        "overviewImage": base64.b64encode(record.overview).decode("ascii"),
    }
    return _call("sendCapture", [(name, told[name]) for name in CAPTURE])


def send_compact_capture(read: Read, origin: Bof2Origin) -> bytes:
    """Return the sendCompactCapture call of a read, which has no pictures."""
    return _call("sendCompactCapture", [("capture", _compact(read, origin))])


def send_compound_capture(reads: Sequence[tuple[Read, Bof2Origin]]) -> bytes:
    """Return the sendCompoundCapture call of at most 50 reads. Raises BadInput for more."""
    if len(reads) > MOST_IN_COMPOUND:
        raise BadInput(f"a compound capture has at most {MOST_IN_COMPOUND} captures, got {len(reads)}")
    return _call("sendCompoundCapture", [("capture", _compact(read, origin)) for read, origin in reads])


def _compact(read: Read, origin: Bof2Origin) -> str:
    told = _told(read, origin)
    return "|".join(told[name].replace("|", " ") for name in COMPACT)


def _told(read: Read, origin: Bof2Origin) -> dict[str, str]:
    where = read.location
    return {
        "signature": origin.signature,
        "username": origin.username,
        "vrm": read.vrm,
        "feedID": str(origin.feed),
        "sourceID": str(origin.source),
        "cameraID": str(origin.camera),
        "captureDate": read.captured_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "latitude": f"{where.latitude:.6f}" if where else "",
        "longitude": f"{where.longitude:.6f}" if where else "",
        "cameraPresetPosition": "",
        "cameraPan": "",
        "cameraTilt": "",
        "cameraZoom": "",
        "confidencePercentage": str(round(100 * read.confidence)),
        "motionTowardCamera": _TOWARD[read.direction],
    }


def _call(name: str, arguments: Sequence[tuple[str, str]]) -> bytes:
    envelope = Element(f"{{{SOAP}}}Envelope")
    call = SubElement(SubElement(envelope, f"{{{SOAP}}}Body"), name)
    for argument, text in arguments:
        SubElement(call, argument).text = text
    written: bytes = tostring(envelope, encoding="utf-8", xml_declaration=True)
    return written
