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
from pipeline.join.bof2 import CAPTURE, COMPACT, PICTURE
from pipeline.join.settings import MOST_IN_COMPOUND

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
    namespace: str = ""
    """Of the calls' names; whoever tells of BOF2 tells none."""


def send_capture(record: CaptureRecord, origin: Bof2Origin) -> bytes:
    """Return the sendCapture call of a record, with its pictures."""
    told = _told(record.read, origin) | {"plateImage": _base64(record.patch), "overviewImage": _base64(record.overview)}
    return _call("sendCapture", [(name, told[name]) for name in CAPTURE], origin)


def send_compact_capture(read: Read, origin: Bof2Origin) -> bytes:
    """Return the sendCompactCapture call of a read, which has no pictures."""
    return _call("sendCompactCapture", [("capture", _compact(read, origin))], origin)


def send_compound_capture(reads: Sequence[tuple[Read, Bof2Origin]]) -> bytes:
    """Return the sendCompoundCapture call of 1 to 50 reads. Raises BadInput for more."""
    if not 0 < len(reads) <= MOST_IN_COMPOUND:
        raise BadInput(f"a compound capture has at most {MOST_IN_COMPOUND} captures and at least 1, got {len(reads)}")
    return _call("sendCompoundCapture", [("capture", _compact(*one)) for one in reads], reads[0][1])


def add_pictures(record: CaptureRecord, origin: Bof2Origin) -> list[bytes]:
    """Return an addBinaryCaptureData call for each picture in `record`, for a read that was sent before."""
    told = _told(record.read, origin)
    names = {"feedID": "feedIdentifier", "sourceID": "sourceIdentifier", "cameraID": "cameraIdentifier"}
    told |= {later: told[name] for name, later in names.items()} | {"captureTime": told["captureDate"]}
    pictures = (("P", record.patch), ("C", record.overview))
    calls = [told | {"binaryData": _base64(jpeg), "type": kind} for kind, jpeg in pictures if jpeg]
    return [_call("addBinaryCaptureData", [(name, one[name]) for name in PICTURE], origin) for one in calls]


def _base64(jpeg: bytes) -> str:
    return base64.b64encode(jpeg).decode("ascii")


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


def _call(name: str, arguments: Sequence[tuple[str, str]], origin: Bof2Origin) -> bytes:
    envelope = Element(f"{{{SOAP}}}Envelope")
    qualified = f"{{{origin.namespace}}}{name}" if origin.namespace else name
    call = SubElement(SubElement(envelope, f"{{{SOAP}}}Body"), qualified)
    for argument, text in arguments:
        SubElement(call, argument).text = text
    written: bytes = tostring(envelope, encoding="utf-8", xml_declaration=True)
    return written
