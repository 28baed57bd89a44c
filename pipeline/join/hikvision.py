"""Hikvision ISAPI: `EventNotificationAlert` of the event type ANPR, alone or with its pictures as parts.

The XML is a part of any name (`anpr.xml` mostly); the plate's picture is the file `licensePlatePicture.jpg`, the
vehicle's `detectionPicture.jpg`. `channelID` names the camera, `line` the lane, `forward` is towards the camera.
Heartbeats (`videoloss`) and other events are passed over.

On failure: BadInput where the message as a whole is none of this.
"""

from __future__ import annotations

from pipeline.domain.read import Direction
from pipeline.errors import BadInput
from pipeline.join.fields import instant, kept_picture, percent, picture
from pipeline.join.parts import Part, is_multipart, parts_of
from pipeline.join.reported import Contents, Message, Reported
from pipeline.join.xml import local, parse_xml, text_of, within

_DIRECTIONS = {"forward": Direction.APPROACHING, "reverse": Direction.RECEDING}
_MOST_LANE = 99


def read_hikvision(message: Message) -> Contents:
    """Return the read of an ANPR event, nothing of another event."""
    parts = parts_of(message.body, message.content_type) if is_multipart(message.content_type) else []
    alert = parse_xml(_alert_in(parts) if parts else message.body)
    if local(alert) != "EventNotificationAlert":
        raise BadInput("the XML is no EventNotificationAlert")
    if text_of(alert, "eventType").upper() != "ANPR":
        return Contents()
    told = next(within(alert, "ANPR"), None)
    if told is None:
        raise BadInput("the event has no ANPR element")
    plate = text_of(told, "licensePlate")
    if plate.lower() in ("", "unknown", "noplate", "none"):
        return Contents(refused=("no mark was read",))
    without: list[str] = []
    sure, lane = text_of(told, "confidenceLevel"), text_of(told, "line")
    read = Reported(
        camera=text_of(alert, "channelID"),
        captured_at=instant(text_of(alert, "dateTime"), "dateTime", message.zone),
        plate=plate,
        confidence=percent(sure, "confidenceLevel") if sure else None,
        reader="hikvision",
        direction=_DIRECTIONS.get(text_of(told, "direction"), Direction.UNKNOWN),
        lane=int(lane) if lane.isascii() and lane.isdigit() and len(lane) <= len(str(_MOST_LANE)) else None,
        patch=kept_picture(picture, _file(parts, "licenseplatepicture"), "licensePlatePicture", without),
        overview=kept_picture(picture, _file(parts, "detectionpicture"), "detectionPicture", without),
    )
    return Contents(reads=(read,), refused=tuple(without))


def _alert_in(parts: list[Part]) -> bytes:
    for one in parts:
        if "xml" in one.content_type or one.file_name.lower().endswith(".xml") or b"<EventNotification" in one.content:
            return one.content
    raise BadInput("none of the message's parts is the XML of an event")


def _file(parts: list[Part], name: str) -> bytes:
    return next((one.content for one in parts if name in f"{one.name} {one.file_name}".lower()), b"")
