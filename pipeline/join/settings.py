"""Settings of joining: which cameras of other makers send their reads here, and which older back offices get ours."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.loopback import is_loopback

MOST_IN_COMPOUND = 50
"""Captures in one call of BOF2."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


class Format(StrEnum):
    """What a sender speaks."""

    ONVIF = "onvif"
    BOF2 = "bof2"
    ALPR_GROUP = "alpr-group"
    PLATE_RECOGNIZER = "plate-recognizer"
    HIKVISION = "hikvision"


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedCameraSettings:
    """One camera of a sender, as our records name it.

    `latitude`/`longitude` (WGS 84 degrees) are restricted: they reach reads, nothing else. Where they are not given, a
    read has the place that its message tells, as it must be for a camera in a vehicle.
    """

    camera_id: str
    feed_id: str = "local"
    source_id: str = "1"
    lane: int | None = None
    """Where the message tells none."""
    latitude: float | None = None
    longitude: float | None = None

    def __post_init__(self) -> None:
        if not (self.camera_id and self.feed_id and self.source_id):
            raise ValueError("camera_id, feed_id and source_id must not be empty")
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude go together: give both or neither")
        if abs(self.latitude or 0.0) > 90 or abs(self.longitude or 0.0) > 180:
            raise ValueError("latitude is within 90 degrees of 0, longitude within 180")


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderSettings:
    """A camera that reads plates itself, or a box that speaks for several. It posts to `/join/` and its name."""

    format: Format
    cameras: dict[str, JoinedCameraSettings]
    """By the names that its messages use; a message that names none is of the only one. `docs/joining.md` says what
    each format calls a camera."""
    secret_file: str = ""
    """The password of HTTP Basic, whose user is the sender's name: one line of at least 16 characters."""
    certificate_name: str = ""
    """A DNS name or URI among the alternative names of its client certificate."""
    time_zone: str = "UTC"
    """Of times that name no zone."""
    assumed_confidence: float = 0.8
    """Of reads whose reader does not tell how sure it is."""
    messages_a_minute: int = 600
    """Most messages of this sender in a minute."""
    silent_after_seconds: float = 21_600.0
    """Without a message that was taken for so long, the sender is silent, which is an alert. Longer than the longest
    time without a vehicle; minutes where the device sends heartbeats."""

    def __post_init__(self) -> None:
        if not self.cameras:
            raise ValueError("cameras must name at least one camera")
        if not self.secret_file and not self.certificate_name:
            raise ValueError("secret_file or certificate_name must be given: nobody sends reads unnamed")
        if not 0.0 < self.assumed_confidence < 1.0 or self.messages_a_minute < 1:
            raise ValueError("assumed_confidence is between 0 and 1, messages_a_minute at least 1")
        if self.silent_after_seconds <= 0:
            raise ValueError("silent_after_seconds must be greater than 0")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("time_zone is not known, expected as Europe/London") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedCameraSettings:
    """By which whole numbers a Back Office Facility knows a camera."""

    feed: int
    source: int
    camera: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BackOfficeSettings:
    """A Back Office Facility that is sent our reads as BOF2 calls. What [share] says of batches, pauses and backlogs
    holds for it too. Secrets and certificates are read again after a call that failed."""

    url: str
    """Of its InputCaptureWebService."""
    pictures_url: str = ""
    """Of its InputBinaryDataWebService. Empty: what has no picture when it is sent gets none later."""
    cameras: dict[str, NumberedCameraSettings]
    """By camera_id. Reads of other cameras are put aside."""
    username: str
    signature_file: str = ""
    """What BOF2 calls a signature, which all senders share: one line."""
    namespace: str = ""
    """Of the calls, as the facility's WSDL tells it."""
    captures_at_once: int = 1
    """1: sendCapture with its pictures. Up to 50: sendCompoundCapture, and the pictures after."""
    basic_user: str = ""
    secret_file: str = ""
    """User and password of HTTP Basic, where it wants them."""
    certificate_file: str = ""
    key_file: str = ""
    authorities_file: str = ""
    """PEM: what this node shows, and whose signature the facility's certificate must bear; empty: this machine's."""

    def __post_init__(self) -> None:
        for url in filter(None, (self.url, self.pictures_url)):
            parts = urlsplit(url)
            if not parts.hostname or parts.scheme not in ("https", "http") or parts.username:
                raise ValueError("url and pictures_url are https://host/path; user and password have their own keys")
            if parts.scheme == "http" and not is_loopback(parts.hostname):
                raise ValueError("url and pictures_url must be https, except on this machine (127.0.0.1)")
        if not self.cameras or not self.username:
            raise ValueError("cameras must name at least one camera, username must be given")
        if not 1 <= self.captures_at_once <= MOST_IN_COMPOUND:
            raise ValueError(f"captures_at_once is 1 to {MOST_IN_COMPOUND}")
        if bool(self.basic_user) != bool(self.secret_file) or bool(self.certificate_file) != bool(self.key_file):
            raise ValueError("basic_user goes with secret_file, and certificate_file with key_file: give both or none")
        if self.captures_at_once > 1 and not self.pictures_url:
            raise ValueError("pictures_url must be given where captures_at_once is more than 1: they go without theirs")


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinSettings:
    """Where cameras of other makers post what they read. Off unless `enabled`. Port 0 takes any free port.

    Without certificate and key (PEM) only this machine can be let in; with `client_authorities_file` senders may show
    certificates that it signed.
    """

    enabled: bool = False
    host: str = "127.0.0.1"
    port: int = 9466
    certificate_file: str = ""
    key_file: str = ""
    client_authorities_file: str = ""
    most_message_kibibytes: int = 4096
    """A compound capture of 50 with pictures of the national limits is 2 MB."""
    most_connections: int = 256
    """Those whose TLS handshake is under way are among them; what comes beyond is closed unread."""
    most_at_once: int = 16
    """Messages being taken in; others are told to come again."""
    request_seconds: float = 20.0
    """For a message to arrive whole, from its first byte or from the opening of the connection."""
    senders: dict[str, SenderSettings] = field(default_factory=dict)
    back_offices: dict[str, BackOfficeSettings] = field(default_factory=dict)
    """Older back offices that get this node's reads, also where nobody may post here."""

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ValueError("port must be 0 (any free one) to 65535")
        if min(self.most_message_kibibytes, self.most_connections, self.most_at_once) < 1 or self.request_seconds <= 0:
            raise ValueError("the limits must be at least 1, request_seconds greater than 0")
        if bool(self.certificate_file) != bool(self.key_file):
            raise ValueError("certificate_file and key_file go together: give both or neither")
        if not self.certificate_file and not is_loopback(self.host):
            raise ValueError(
                "host must be this machine's own (127.0.0.1) unless certificate_file and key_file are given"
            )
        if any(not _NAME.fullmatch(name) for name in (*self.senders, *self.back_offices)):
            raise ValueError("the name of a sender or a back office is 1 to 32 of a-z, 0-9 and -")
        if any(one.certificate_name for one in self.senders.values()) and not self.client_authorities_file:
            raise ValueError("senders with a certificate_name need client_authorities_file, whose signatures count")
        cameras = [
            (one.feed_id, one.source_id, one.camera_id)
            for each in self.senders.values()
            for one in each.cameras.values()
        ]
        if len(set(cameras)) != len(cameras):
            raise ValueError("two cameras have the same feed_id, source_id and camera_id")
