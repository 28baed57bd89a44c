"""ONVIF: plate recognition events of a camera's metadata stream or of a notification to a consumer.

A `wsnt:NotificationMessage` whose topic is `tns1:RuleEngine/Recognition/LicensePlate` is a read; other topics and the
per-frame objects of the stream are not, and are passed over (ONVIF Analytics Service Specification, "License Plate
Recognition"; `metadatastream.xsd`). `Image` is the plate and `VehicleImage` the vehicle; a picture told by its address
alone is not fetched, because a message would then decide where this machine connects to.

On failure: BadInput where the message as a whole is none of this; an event that cannot be a read is refused alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from pipeline.errors import BadInput
from pipeline.join.fields import base64_picture, instant, kept_picture, number
from pipeline.join.reported import Contents, Message, Reported
from pipeline.join.xml import local, parse_xml, text_of, within

_TOPIC = "RuleEngine/Recognition/LicensePlate"
_CAMERA_ITEMS = ("VideoSource", "VideoSourceConfigurationToken", "Source")


def read_onvif(message: Message) -> Contents:
    """Return the reads in a metadata stream document, a `wsnt:Notify`, or a SOAP envelope around one."""
    root = parse_xml(message.body)
    if local(root) not in ("MetadataStream", "Notify", "Envelope", "NotificationMessage", "PullMessagesResponse"):
        raise BadInput("the XML is neither an ONVIF metadata stream nor a notification")
    reads, refused = [], []
    for notification in within(root, "NotificationMessage"):
        if not _is_read(notification):
            continue
        try:
            read, without = _read(notification, message)
        except BadInput as error:
            refused.append(f"a recognition event: {error}")
        else:
            reads.append(read)
            refused += without
    return Contents(reads=tuple(reads), refused=tuple(refused))


def _is_read(notification: Element) -> bool:
    """Tell by the topic, with any prefix before its first name."""
    first, _, rest = text_of(notification, "Topic").partition("/")
    return f"{first.rpartition(':')[2]}/{rest}".rstrip("/") == _TOPIC


def _read(notification: Element, message: Message) -> tuple[Reported, list[str]]:
    event = next((one for one in within(notification, "Message") if "UtcTime" in one.attrib), None)
    if event is None:
        raise BadInput("it has no tt:Message with a UtcTime")
    source, told = (_part(event, name) for name in ("Source", "Data"))
    plate = told.get("LicensePlateInfo")
    number_of = next(within(plate, "PlateNumber"), None) if plate is not None else None
    if number_of is None or not (number_of.text or "").strip():
        raise BadInput("it has no PlateNumber")
    likelihood = number_of.get("Likelihood") or _value(told, "Likelihood")
    without: list[str] = []
    return (
        Reported(
            camera=next((_value(source, name) for name in _CAMERA_ITEMS if _value(source, name)), ""),
            captured_at=instant(event.attrib["UtcTime"], "UtcTime", message.zone),
            plate=number_of.text or "",
            confidence=number(likelihood, "Likelihood", 0.0, 1.0) if likelihood else None,
            reader="onvif",
            patch=kept_picture(base64_picture, _spelt(told, "Image"), "Image", without),
            overview=kept_picture(base64_picture, _spelt(told, "VehicleImage"), "VehicleImage", without),
        ),
        without,
    )


def _part(event: Element, name: str) -> dict[str, Element]:
    """Return the simple and element items of a part of the event, by their names."""
    items = (one for part in within(event, name) for one in part if local(one) in ("SimpleItem", "ElementItem"))
    return {one.get("Name", ""): one for one in items}


def _value(items: Mapping[str, Element], name: str) -> str:
    item = items.get(name)
    return item.get("Value", "").strip() if item is not None else ""


def _spelt(told: Mapping[str, Element], name: str) -> str:
    item = told.get(name)
    return "".join(item.itertext()).strip() or item.get("Value", "") if item is not None else ""
