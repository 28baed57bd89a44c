"""BOF2: the SOAP calls by which Back Office Facilities are sent captures.

What is known of it is second-hand: the order of the parameters agrees in two independent implementations, the compact
and compound forms and late pictures are known from one. So arguments are taken by name where they have the known
names, otherwise by their place. The `signature` is shared by everybody and proves nothing; who sends is told by the
certificate or the password of the connection.

On failure: BadInput where the message as a whole is none of this; a capture that cannot be a read is refused alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element

from pipeline.domain.read import Direction
from pipeline.errors import BadInput
from pipeline.join.fields import base64_picture, instant, kept_picture, percent, place
from pipeline.join.reported import Contents, LatePicture, Message, Reported
from pipeline.join.settings import MOST_IN_COMPOUND
from pipeline.join.xml import local, parse_xml, within

CAPTURE = (
    "signature", "username", "vrm", "feedID", "sourceID", "cameraID", "plateImage", "overviewImage", "captureDate",
    "latitude", "longitude", "cameraPresetPosition", "cameraPan", "cameraTilt", "cameraZoom", "confidencePercentage",
    "motionTowardCamera",
)  # fmt: skip
"""The parameters of sendCapture, in order."""
COMPACT = tuple(name for name in CAPTURE if name not in ("plateImage", "overviewImage"))
"""The fields of a compact capture, in order, with `|` between them."""
PICTURE = (
    "signature", "username", "vrm", "feedIdentifier", "sourceIdentifier", "cameraIdentifier", "captureTime",
    "binaryData", "type",
)  # fmt: skip
_DIRECTIONS = {
    "true": Direction.APPROACHING,
    "1": Direction.APPROACHING,
    "false": Direction.RECEDING,
    "0": Direction.RECEDING,
}


def read_bof2(message: Message) -> Contents:
    """Return what one SOAP call sends. A camera is named `feed/source/camera`."""
    call = _call_in(parse_xml(message.body))
    name = local(call)
    if name == "sendCapture":
        return _captures([_arguments(call, CAPTURE)], message)
    if name == "sendCompactCapture":
        return _captures([_compact(text) for text in _texts(call)[:1]], message)
    if name == "sendCompoundCapture":
        return _compound(call, message)
    if name == "addBinaryCaptureData":
        return Contents(late=(_picture(_arguments(call, PICTURE), message),))
    raise BadInput("the call is none of sendCapture, sendCompactCapture, sendCompoundCapture and addBinaryCaptureData")


def _call_in(root: Element) -> Element:
    body = next(within(root, "Body"), None) if local(root) == "Envelope" else None
    call = next(iter(body), None) if body is not None else None
    if call is None:
        raise BadInput("the message is no SOAP envelope with a call in it")
    return call


def _arguments(call: Element, names: Sequence[str]) -> dict[str, str]:
    """Return the arguments by name: by their own, or, where a stub generator called them arg0 and so on, by place."""
    given = [(local(one), (one.text or "").strip()) for one in call]
    if any(name in names for name, _ in given):
        return dict(given)
    if len(given) != len(names):
        raise BadInput(f"the call has {len(given)} arguments without known names, expected {len(names)}")
    return dict(zip(names, (text for _, text in given), strict=True))


def _compact(text: str) -> dict[str, str] | str:
    """Return the fields of a compact capture, or why it is none."""
    fields = text.split("|")
    if len(fields) != len(COMPACT):
        return f"a compact capture has {len(fields)} fields, expected {len(COMPACT)}"
    return dict(zip(COMPACT, (one.strip() for one in fields), strict=True))


def _texts(call: Element) -> list[str]:
    """Return the compact captures in a call: the texts with bars in them."""
    texts = [text for one in call.iter() if "|" in (text := one.text or "")]
    if not texts:
        raise BadInput("the call holds no compact capture: fields with | between them")
    return texts


def _compound(call: Element, message: Message) -> Contents:
    """Captures with parameters of their own are taken as such, everything else as compact ones."""
    whole = [one for one in call.iter() if one is not call and any(local(each) == "vrm" for each in one)]
    found = [_arguments(one, CAPTURE) for one in whole] if whole else [_compact(one) for one in _texts(call)]
    if len(found) > MOST_IN_COMPOUND:
        raise BadInput(f"a compound capture has at most {MOST_IN_COMPOUND} captures, got {len(found)}")
    return _captures(found, message)


def _captures(captures: Sequence[Mapping[str, str] | str], message: Message) -> Contents:
    reads, refused = [], []
    for number, capture in enumerate(captures, 1):
        try:
            if isinstance(capture, str):
                raise BadInput(capture)
            read, without = _read(capture, message)
        except BadInput as error:
            refused.append(f"capture {number} of {len(captures)}: {error}")
        else:
            reads.append(read)
            refused += without
    return Contents(reads=tuple(reads), refused=tuple(refused))


def _read(told: Mapping[str, str], message: Message) -> tuple[Reported, list[str]]:
    without: list[str] = []
    sure = told.get("confidencePercentage", "")
    return (
        Reported(
            camera=_camera(told, "ID"),
            captured_at=instant(told.get("captureDate", ""), "captureDate", message.zone),
            plate=told.get("vrm", ""),
            confidence=percent(sure, "confidencePercentage") if sure else None,
            reader="bof2",
            direction=_DIRECTIONS.get(told.get("motionTowardCamera", "").lower(), Direction.UNKNOWN),
            location=place(told.get("latitude"), told.get("longitude")),
            patch=kept_picture(base64_picture, told.get("plateImage"), "plateImage", without),
            overview=kept_picture(base64_picture, told.get("overviewImage"), "overviewImage", without),
        ),
        without,
    )


def _picture(told: Mapping[str, str], message: Message) -> LatePicture:
    kind = told.get("type", "")
    if kind not in ("P", "C"):
        raise BadInput("type is neither P (plate) nor C (context)")
    jpeg = base64_picture(told.get("binaryData") or told.get("binaryCaptureData"), "binaryData")
    return LatePicture(
        camera=_camera(told, "Identifier"),
        captured_at=instant(told.get("captureTime", ""), "captureTime", message.zone),
        plate=told.get("vrm", ""),
        patch=jpeg if kind == "P" else b"",
        overview=jpeg if kind == "C" else b"",
    )


def _camera(told: Mapping[str, str], suffix: str) -> str:
    names = [told.get(f"{one}{suffix}", "") for one in ("feed", "source", "camera")]
    if not all(names):
        raise BadInput("it does not name feed, source and camera")
    return "/".join(names)
