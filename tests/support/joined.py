"""Messages of other makers' cameras, as they are sent, about one vehicle; and the settings that let them in."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pipeline.join.reported import Message
from pipeline.join.settings import Format, JoinedCameraSettings, SenderSettings

MARK = "AB12CDE"
AT = datetime(2026, 1, 5, 8, 30, 15, 123000, tzinfo=UTC)
PATCH = b"\xff\xd8\xff\xe0 a plate \xff\xd9"
OVERVIEW = b"\xff\xd8\xff\xe0 a vehicle \xff\xd9"
_PATCH, _OVERVIEW = (base64.b64encode(one).decode("ascii") for one in (PATCH, OVERVIEW))

ONVIF = f"""<?xml version="1.0" encoding="UTF-8"?>
<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2">
 <tt:VideoAnalytics>
  <tt:Frame UtcTime="2026-01-05T08:30:15.083Z">
   <tt:Object ObjectId="12"><tt:Appearance><tt:LicensePlateInfo>
    <tt:PlateNumber Likelihood="0.61">A812CDE</tt:PlateNumber></tt:LicensePlateInfo></tt:Appearance></tt:Object>
  </tt:Frame>
 </tt:VideoAnalytics>
 <tt:Event>
  <wsnt:NotificationMessage xmlns:tns1="http://www.onvif.org/ver10/topics">
   <wsnt:Topic Dialect="http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete">tns1:VideoSource/MotionAlarm</wsnt:Topic>
   <wsnt:Message><tt:Message UtcTime="2026-01-05T08:30:15.100Z" PropertyOperation="Changed">
    <tt:Source><tt:SimpleItem Name="Source" Value="VideoSource_1"/></tt:Source>
    <tt:Data><tt:SimpleItem Name="State" Value="true"/></tt:Data></tt:Message></wsnt:Message>
  </wsnt:NotificationMessage>
  <wsnt:NotificationMessage xmlns:tns1="http://www.onvif.org/ver10/topics">
   <wsnt:Topic Dialect="http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete">tns1:RuleEngine/Recognition/LicensePlate</wsnt:Topic>
   <wsnt:Message><tt:Message UtcTime="2026-01-05T08:30:15.123Z">
    <tt:Source><tt:SimpleItem Name="VideoSource" Value="VideoSource_1"/>
     <tt:SimpleItem Name="Rule" Value="LPR_1"/></tt:Source>
    <tt:Data>
     <tt:SimpleItem Name="Likelihood" Value="0.9"/>
     <tt:ElementItem Name="LicensePlateInfo"><tt:LicensePlateInfo>
      <tt:PlateNumber Likelihood="0.97">{MARK}</tt:PlateNumber><tt:PlateType Likelihood="0.8">Normal</tt:PlateType>
      <tt:CountryCode Likelihood="0.9">GB</tt:CountryCode></tt:LicensePlateInfo></tt:ElementItem>
     <tt:ElementItem Name="VehicleInfo"><tt:VehicleInfo>
      <tt:Type Likelihood="0.9">Car</tt:Type></tt:VehicleInfo></tt:ElementItem>
     <tt:ElementItem Name="BoundingBox"><tt:Rectangle left="-0.1" top="0.1" right="0.1" bottom="0.0"/></tt:ElementItem>
     <tt:ElementItem Name="Image">{_PATCH}</tt:ElementItem>
     <tt:ElementItem Name="VehicleImage">{_OVERVIEW}</tt:ElementItem>
    </tt:Data></tt:Message></wsnt:Message>
  </wsnt:NotificationMessage>
 </tt:Event>
</tt:MetadataStream>""".encode()

ALPR_GROUP: dict[str, Any] = {
    "version": 2,
    "data_type": "alpr_group",
    "epoch_start": 1767601815123,
    "epoch_end": 1767601816380,
    "frame_start": 2460,
    "frame_end": 2491,
    "company_id": "44c9274f-8d57-432a-8cd7-8c991f22ead3",
    "agent_uid": "QYOJZDW2",
    "agent_version": "2.8.101",
    "camera_id": 1414799424,
    "camera_label": "gate",
    "gps_latitude": -1,
    "gps_longitude": -1,
    "uuids": ["QYOJZDW2-1414799424-1767601815123", "QYOJZDW2-1414799424-1767601815499"],
    "plate_indexes": [0, 0],
    "candidates": [
        {"plate": MARK, "confidence": 92.075203, "matches_template": 0},
        {"plate": "A812CDE", "confidence": 85.2, "matches_template": 0},
        {"plate": "AB12COE", "confidence": 79.9, "matches_template": 0},
    ],
    "best_plate": {
        "plate": MARK,
        "confidence": 92.075203,
        "region": "gb",
        "plate_crop_jpeg": _PATCH,
        "coordinates": [{"x": 204, "y": 134}, {"x": 709, "y": 222}, {"x": 658, "y": 500}, {"x": 153, "y": 412}],
    },
    "best_uuid": "QYOJZDW2-1414799424-1767601815499",
    "best_plate_number": MARK,
    "best_confidence": 92.075203,
    "best_region": "gb",
    "travel_direction": 182.4,
    "is_parked": False,
    "vehicle_crop_jpeg": _OVERVIEW,
    "vehicle": {"color": [{"name": "blue", "confidence": 97.2}], "make": [{"name": "ford", "confidence": 62.1}]},
}

PLATE_RECOGNIZER: dict[str, Any] = {
    "hook": {"target": "https://anpr.example/join/bridge", "id": "camera-1", "event": "recognition"},
    "data": {
        "camera_id": "camera-1",
        "filename": "camera-1_screenshots/26-01-05/08-30-15.123000.jpg",
        "timestamp": "2026-01-05T08:30:15.123000Z",
        "timestamp_local": "2026-01-05 08:30:15.123000+00:00",
        "results": [
            {
                "box": {"xmin": 460, "ymin": 57, "xmax": 557, "ymax": 82},
                "plate": "ab12cde",
                "region": {"code": "gb", "score": 0.913},
                "score": 0.839,
                "candidates": [{"plate": "ab12cde", "score": 0.839}, {"plate": "a812cde", "score": 0.5}],
                "dscore": 0.841,
                "vehicle": {"score": 0.867, "type": "Van", "box": {"xmin": 387, "ymin": 23, "xmax": 1493, "ymax": 577}},
                "direction": 210,
                "source_url": "rtsp://192.0.2.7/stream",
                "position_sec": 4.04,
            }
        ],
    },
}

HIKVISION = f"""<?xml version="1.0" encoding="UTF-8"?>
<EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">
<ipAddress>192.0.2.64</ipAddress><portNo>80</portNo><protocol>HTTP</protocol>
<macAddress>44:19:b6:00:00:01</macAddress><channelID>1</channelID>
<dateTime>2026-01-05T08:30:15.123+00:00</dateTime>
<activePostCount>1</activePostCount><eventType>ANPR</eventType><eventState>active</eventState>
<eventDescription>ANPR</eventDescription><channelName>Camera 01</channelName>
<ANPR><country>GBR</country><licensePlate>{MARK}</licensePlate><line>2</line><direction>forward</direction>
<confidenceLevel>97</confidenceLevel><plateType>unknown</plateType><plateColor>white</plateColor>
<vehicleType>vehicle</vehicleType><originalLicensePlate>{MARK}</originalLicensePlate></ANPR>
<picNum>2</picNum></EventNotificationAlert>""".encode()


def multipart(parts: list[tuple[str, str, str, bytes]]) -> tuple[bytes, str]:
    """A form of (name, file name, content type, content), and its content type."""
    lines = b""
    for name, file_name, kind, content in parts:
        file = f'; filename="{file_name}"' if file_name else ""
        head = f'--X7\r\nContent-Disposition: form-data; name="{name}"{file}\r\nContent-Type: {kind}\r\n\r\n'
        lines += head.encode("ascii") + content + b"\r\n"
    return lines + b"--X7--\r\n", "multipart/form-data; boundary=X7"


HIKVISION_PARTS = multipart(
    [
        ("anpr.xml", "anpr.xml", "application/xml", HIKVISION),
        ("licensePlatePicture.jpg", "licensePlatePicture.jpg", "image/jpeg", PATCH),
        ("detectionPicture.jpg", "detectionPicture.jpg", "image/jpeg", OVERVIEW),
    ]
)
PLATE_RECOGNIZER_PARTS = multipart(
    [
        ("json", "", "application/json", json.dumps(PLATE_RECOGNIZER).encode()),
        ("upload", "08-30-15.jpg", "image/jpeg", OVERVIEW),
    ]
)
COMPACT = f"s3cret|gate|{MARK}|21|4|7|2026-01-05T08:30:15.123Z|51.25|0.5|||||97|true"


def soap(call: str) -> bytes:
    return (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        f'xmlns:bof="http://bof2.example/"><soapenv:Header/><soapenv:Body>{call}</soapenv:Body></soapenv:Envelope>'
    ).encode()


SEND_CAPTURE = soap(
    "<bof:sendCapture><signature>s3cret</signature><username>gate</username>"
    f"<vrm>{MARK}</vrm><feedID>21</feedID><sourceID>4</sourceID><cameraID>7</cameraID>"
    f"<plateImage>{_PATCH}</plateImage><overviewImage>{_OVERVIEW}</overviewImage>"
    "<captureDate>2026-01-05T08:30:15.123Z</captureDate><latitude>51.25</latitude><longitude>0.5</longitude>"
    "<cameraPresetPosition/><cameraPan/><cameraTilt/><cameraZoom/><confidencePercentage>97</confidencePercentage>"
    "<motionTowardCamera>true</motionTowardCamera></bof:sendCapture>"
)
SEND_COMPACT = soap(f"<bof:sendCompactCapture><capture>{COMPACT}</capture></bof:sendCompactCapture>")
LATE_PICTURE = soap(
    "<bof:addBinaryCaptureData><signature>s3cret</signature><username>gate</username>"
    f"<vrm>{MARK}</vrm><feedIdentifier>21</feedIdentifier><sourceIdentifier>4</sourceIdentifier>"
    "<cameraIdentifier>7</cameraIdentifier><captureTime>2026-01-05T08:30:15.123Z</captureTime>"
    f"<binaryData>{_PATCH}</binaryData><type>P</type></bof:addBinaryCaptureData>"
)

CAMERA_NAMES = {
    Format.ONVIF: "VideoSource_1",
    Format.BOF2: "21/4/7",
    Format.ALPR_GROUP: "1414799424",
    Format.PLATE_RECOGNIZER: "camera-1",
    Format.HIKVISION: "1",
}
MESSAGES: dict[Format, tuple[bytes, str]] = {
    Format.ONVIF: (ONVIF, "application/soap+xml"),
    Format.BOF2: (SEND_CAPTURE, "text/xml"),
    Format.ALPR_GROUP: (json.dumps(ALPR_GROUP).encode(), "application/json"),
    Format.PLATE_RECOGNIZER: PLATE_RECOGNIZER_PARTS,
    Format.HIKVISION: HIKVISION_PARTS,
}


def a_message(body: bytes, content_type: str = "text/xml", zone: Any = UTC) -> Message:
    return Message(body=body, content_type=content_type, zone=zone)


def a_sender(kind: Format, **overrides: Any) -> SenderSettings:
    """A sender with one camera, which our records call by the name of the format."""
    sender = SenderSettings(
        format=kind,
        secret_file="secret",
        cameras={CAMERA_NAMES[kind]: JoinedCameraSettings(camera_id=f"{kind.value}-1", feed_id="joined")},
    )
    return replace(sender, **overrides)
