"""Messages in the formats of other makers become records of ours: one for each vehicle, with what the maker told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pipeline.domain.read import CaptureRecord, ClockState, Direction, Location, digest_of
from pipeline.errors import BadInput
from pipeline.join.formats import ADAPTERS
from pipeline.join.records import JOINED, join
from pipeline.join.reported import Joined
from pipeline.join.settings import Format, JoinedCameraSettings, SenderSettings
from tests.support.joined import (
    ALPR_GROUP,
    AT,
    CAMERA_NAMES,
    COMPACT,
    HIKVISION,
    LATE_PICTURE,
    MARK,
    MESSAGES,
    ONVIF,
    OVERVIEW,
    PATCH,
    PLATE_RECOGNIZER,
    SEND_CAPTURE,
    SEND_COMPACT,
    a_message,
    a_sender,
    soap,
)

NOW = AT + timedelta(seconds=2)


def joined(kind: Format, body: bytes, content_type: str = "text/xml", **of_sender: Any) -> Joined:
    sender = a_sender(kind, **of_sender)
    message = a_message(body, content_type, ZoneInfo(sender.time_zone))
    return join(ADAPTERS[kind](message), sender, NOW)


def the_record(kind: Format, body: bytes, content_type: str = "text/xml", **of_sender: Any) -> CaptureRecord:
    outcome = joined(kind, body, content_type, **of_sender)
    assert outcome.refused == ()
    (record,) = outcome.records
    return record


@pytest.mark.parametrize("kind", list(Format))
def test_a_message_becomes_one_record_that_says_whose_reading_it_is(kind: Format) -> None:
    record = the_record(kind, *MESSAGES[kind])
    read = record.read
    assert (read.vrm, read.captured_at, read.received_at) == (MARK, AT, NOW)
    assert (read.feed_id, read.source_id, read.camera_id) == ("joined", "1", f"{kind.value}-1")
    assert read.clock_state is ClockState.CAMERA
    assert read.model_version.startswith(JOINED)
    assert read.doubts == ()
    assert record.overview == OVERVIEW
    assert read.overview_digest == digest_of(OVERVIEW)
    assert record.patch == (b"" if kind is Format.PLATE_RECOGNIZER else PATCH)
    assert read.candidates[0].text == MARK
    assert sum(one.probability for one in read.candidates) <= 1.0 + 1e-9


CONFIDENCES = {
    Format.ONVIF: 0.97,
    Format.BOF2: 0.97,
    Format.ALPR_GROUP: 0.92075203,
    Format.PLATE_RECOGNIZER: 0.839,
    Format.HIKVISION: 0.97,
}


@pytest.mark.parametrize("kind", list(Format))
def test_every_scale_of_confidence_ends_between_0_and_1(kind: Format) -> None:
    assert the_record(kind, *MESSAGES[kind]).read.confidence == pytest.approx(CONFIDENCES[kind])


@pytest.mark.parametrize("kind", list(Format))
def test_the_same_message_again_is_the_same_read(kind: Format) -> None:
    assert the_record(kind, *MESSAGES[kind]).read.read_id == the_record(kind, *MESSAGES[kind]).read.read_id


@pytest.mark.parametrize("kind", list(Format))
def test_a_camera_that_is_not_in_the_settings_is_refused_and_not_named(kind: Format) -> None:
    other = {"another": JoinedCameraSettings(camera_id="x"), "third": JoinedCameraSettings(camera_id="y")}
    outcome = joined(kind, *MESSAGES[kind], cameras=other)
    assert outcome.records == ()
    assert "enter it in the settings" in outcome.refused[0]
    assert CAMERA_NAMES[kind] not in outcome.refused[0].replace("read 1 of 1", "")


def test_rivals_share_what_the_mark_leaves() -> None:
    read = the_record(Format.ALPR_GROUP, *MESSAGES[Format.ALPR_GROUP]).read
    assert [one.text for one in read.candidates] == [MARK, "A812CDE", "AB12COE"]
    assert sum(one.probability for one in read.candidates) == pytest.approx(1.0)


def test_a_fixed_camera_stands_where_the_settings_say_a_mobile_one_where_its_message_says() -> None:
    told = ALPR_GROUP | {"gps_latitude": 51.1, "gps_longitude": 0.9}
    body = json.dumps(told).encode()
    assert the_record(Format.ALPR_GROUP, body).read.location == Location(latitude=51.1, longitude=0.9)
    fixed = {"1414799424": JoinedCameraSettings(camera_id="gate", latitude=51.5, longitude=0.1)}
    assert the_record(Format.ALPR_GROUP, body, cameras=fixed).read.location == Location(latitude=51.5, longitude=0.1)
    # -1 is how the maker says that it does not know
    assert the_record(Format.ALPR_GROUP, *MESSAGES[Format.ALPR_GROUP]).read.location is None
    assert the_record(Format.BOF2, SEND_CAPTURE).read.location == Location(latitude=51.25, longitude=0.5)


def test_a_time_without_a_zone_is_in_the_sender_s() -> None:
    summer = HIKVISION.replace(b"2026-01-05T08:30:15.123+00:00", b"2026-07-05T09:30:15.123")
    read = the_record(Format.HIKVISION, summer, time_zone="Europe/London").read
    assert read.captured_at == datetime(2026, 7, 5, 8, 30, 15, 123000, tzinfo=UTC)


def test_a_reader_that_does_not_tell_how_sure_it_is_is_believed_as_much_as_the_settings_say() -> None:
    untold = ONVIF.replace(b' Likelihood="0.97"', b"").replace(b'Name="Likelihood" Value="0.9"', b'Name="x" Value="1"')
    assert the_record(Format.ONVIF, untold, assumed_confidence=0.7).read.confidence == 0.7


def test_onvif_takes_events_and_neither_frames_nor_other_topics() -> None:
    assert len(joined(Format.ONVIF, ONVIF).records) == 1
    motion = ONVIF.replace(b"RuleEngine/Recognition/LicensePlate", b"RuleEngine/Recognition/Face")
    assert joined(Format.ONVIF, motion) == Joined()


def test_a_heartbeat_is_nothing() -> None:
    assert joined(Format.ALPR_GROUP, b'{"data_type": "heartbeat", "agent_uid": "Q"}') == Joined()
    assert joined(Format.HIKVISION, HIKVISION.replace(b">ANPR</eventType>", b">videoloss</eventType>")) == Joined()


def test_every_frame_s_results_are_refused_because_one_vehicle_would_be_many_reads() -> None:
    with pytest.raises(BadInput, match="groups"):
        joined(Format.ALPR_GROUP, b'{"data_type": "alpr_results", "results": []}')


def test_the_directions_are_told_where_the_maker_tells_them() -> None:
    assert the_record(Format.HIKVISION, HIKVISION).read.direction is Direction.APPROACHING
    assert the_record(Format.BOF2, SEND_CAPTURE.replace(b">true<", b">false<")).read.direction is Direction.RECEDING
    assert the_record(Format.ALPR_GROUP, *MESSAGES[Format.ALPR_GROUP]).read.direction is Direction.UNKNOWN
    assert the_record(Format.HIKVISION, HIKVISION).read.lane == 2


def test_plate_recognizer_s_newer_results_are_read_too() -> None:
    result = PLATE_RECOGNIZER["data"]["results"][0] | {
        "plate": {
            "type": "Plate",
            "score": 0.9,
            "props": {"plate": [{"value": "ab12cde", "score": 0.88}], "region": []},
        }
    }
    told = PLATE_RECOGNIZER | {"data": PLATE_RECOGNIZER["data"] | {"results": [result]}}
    read = the_record(Format.PLATE_RECOGNIZER, json.dumps(told).encode(), "application/json").read
    assert (read.vrm, read.confidence) == (MARK, 0.88)


def test_a_plain_capture_and_a_compact_one_are_the_same_read() -> None:
    whole, compact = the_record(Format.BOF2, SEND_CAPTURE), the_record(Format.BOF2, SEND_COMPACT)
    assert whole.read.read_id == compact.read.read_id
    assert (compact.patch, compact.overview) == (b"", b"")


def test_arguments_without_names_are_taken_by_their_place() -> None:
    names = ("signature", "username", "vrm", "feedID", "sourceID", "cameraID", "plateImage", "overviewImage",
             "captureDate", "latitude", "longitude", "cameraPresetPosition", "cameraPan", "cameraTilt", "cameraZoom",
             "confidencePercentage", "motionTowardCamera")  # fmt: skip
    numbered = SEND_CAPTURE.decode()
    for number, name in enumerate(names):
        numbered = numbered.replace(f"<{name}>", f"<arg{number}>").replace(f"</{name}>", f"</arg{number}>")
        numbered = numbered.replace(f"<{name}/>", f"<arg{number}/>")
    assert the_record(Format.BOF2, numbered.encode()) == the_record(Format.BOF2, SEND_CAPTURE)


def test_a_late_picture_finds_its_read_by_camera_time_and_mark() -> None:
    (late,) = joined(Format.BOF2, LATE_PICTURE).late
    assert late.read.read_id == the_record(Format.BOF2, SEND_COMPACT).read.read_id
    assert (late.patch, late.overview) == (PATCH, b"")


def test_a_compound_of_fifty_is_taken_and_one_of_fifty_one_is_not() -> None:
    def compound(several: int) -> bytes:
        captures = [COMPACT.replace("08:30:15.123", f"08:31:{number:02d}.000") for number in range(several)]
        return soap(f"<sendCompoundCapture>{''.join(f'<c>{one}</c>' for one in captures)}</sendCompoundCapture>")

    outcome = joined(Format.BOF2, compound(50))
    assert len({one.read.read_id for one in outcome.records}) == 50
    with pytest.raises(BadInput, match="at most 50"):
        joined(Format.BOF2, compound(51))


def test_what_is_wrong_with_one_capture_costs_the_others_nothing() -> None:
    wrong = COMPACT.replace("2026-01-05T08:30:15.123Z", "yesterday")
    outcome = joined(Format.BOF2, soap(f"<sendCompoundCapture><c>{COMPACT}</c><c>{wrong}</c></sendCompoundCapture>"))
    assert len(outcome.records) == 1
    assert outcome.refused == ("capture 2 of 2: captureDate is no time in ISO 8601, as 2026-01-05T08:30:15.123Z is",)


def test_a_broken_picture_costs_the_picture_and_not_the_read() -> None:
    broken = json.dumps(ALPR_GROUP | {"vehicle_crop_jpeg": "bm8gSlBFRw=="}).encode()
    outcome = joined(Format.ALPR_GROUP, broken)
    assert outcome.records[0].overview == b""
    assert outcome.refused == ("a picture was left out: vehicle_crop_jpeg is no JPEG",)


@pytest.mark.parametrize(
    "attack",
    [
        b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><MetadataStream>&c;</MetadataStream>',
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><MetadataStream>&b;</MetadataStream>',
        b'<!DOCTYPE a SYSTEM "http://192.0.2.1/a.dtd"><MetadataStream/>',
        b"<a>" * 100_000,
        b"<MetadataStream>" + b"<a/>" * 30_000 + b"</MetadataStream>",
        b'<?xml version="1.0" encoding="nobody-knows"?><MetadataStream/>',
        b"",
        b"<",
    ],
)
def test_xml_that_attacks_is_refused(attack: bytes) -> None:
    for kind in (Format.ONVIF, Format.BOF2, Format.HIKVISION):
        with pytest.raises(BadInput):
            joined(kind, attack)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 200_000, b'{"data_type": 1e999}', b"null"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    for kind in (Format.ALPR_GROUP, Format.PLATE_RECOGNIZER):
        with pytest.raises(BadInput):
            joined(kind, body, "application/json")


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        ({"epoch_start": "1767601815123"}, "epoch_start"),
        ({"epoch_start": 10**30}, "9999"),
        ({"epoch_start": 1767601815}, "clock and its unit"),
        ({"best_confidence": 180}, "0 to 100"),
        ({"best_confidence": float("nan")}, "0 to 100"),
        ({"camera_id": {"a": 1}}, "camera_id"),
        ({"agent_version": "2.8\ud800"}, "cannot be shown"),
        ({"candidates": [1]}, "candidate"),
        ({"gps_latitude": 91.0, "gps_longitude": 0.0}, "latitude"),
    ],
)
def test_a_field_that_cannot_be_is_named_and_not_quoted(overrides: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        joined(Format.ALPR_GROUP, json.dumps(ALPR_GROUP | overrides).encode())


@pytest.mark.parametrize("spelt", ["", "?", "ΑΒ12", "X" * 40])
def test_a_mark_that_no_plate_carries_is_refused(spelt: str) -> None:
    outcome = joined(Format.BOF2, SEND_CAPTURE.replace(MARK.encode(), spelt.encode()))
    assert outcome.records == ()
    assert "VRM" in outcome.refused[0]


def test_a_sender_that_nobody_could_tell_from_another_is_a_fault_of_the_settings() -> None:
    with pytest.raises(ValueError, match="unnamed"):
        SenderSettings(format=Format.ONVIF, cameras={"1": JoinedCameraSettings(camera_id="x")})
