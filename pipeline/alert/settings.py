"""Settings of alerts: who is told of what, when it escalates, and how webhooks are called."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.domain.alert import Recipient
from pipeline.domain.hotlist import Action, HitKind
from pipeline.loopback import is_loopback

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")
_TARGET = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaSettings:
    """A named part of the force: cameras by id (`*` and `?` allowed), or a box in WGS 84 degrees, or both."""

    cameras: list[str] = field(default_factory=list)
    south: float | None = None
    west: float | None = None
    north: float | None = None
    east: float | None = None

    def __post_init__(self) -> None:
        sides = (self.south, self.west, self.north, self.east)
        if any(side is None for side in sides) and any(side is not None for side in sides):
            raise ValueError("south, west, north and east go together: give all or none")
        if not self.cameras and self.south is None:
            raise ValueError("an area needs cameras or a box")


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSettings:
    """One line of the table: a hit that fits all it says goes to its recipients. What is empty fits everything."""

    recipients: list[Recipient]
    escalate_to: list[Recipient] = field(default_factory=list)
    """Who is told too when nobody has seen the alert in time."""
    lists: list[str] = field(default_factory=list)
    """Ids of hotlists; `*` and `?` allowed."""
    kinds: list[HitKind] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    most_urgent: int = 0
    least_urgent: int = 1_000_000_000
    """Priorities from `most_urgent` to `least_urgent`; 1 is more urgent than 2."""
    areas: list[str] = field(default_factory=list)
    hours: str = ""
    """Local time, as 22:00-06:00; the second is not included."""
    days: list[str] = field(default_factory=list)
    """mon to sun; a night's hours belong to the day on which it begins."""

    def __post_init__(self) -> None:
        check_recipients([*self.recipients, *self.escalate_to])
        if not self.recipients:
            raise ValueError("a route needs recipients")
        if self.hours and not _HOURS.fullmatch(self.hours):
            raise ValueError("hours must look like 22:00-06:00")
        if set(self.days) - set(DAYS):
            raise ValueError(f"days are {', '.join(DAYS)}")

    def minutes(self) -> tuple[int, int] | None:
        """Return `hours` in minutes since midnight, None for the whole day."""
        found = _HOURS.fullmatch(self.hours)
        if found is None:
            return None
        begin_hour, begin_minute, end_hour, end_minute = map(int, found.groups())
        return 60 * begin_hour + begin_minute, 60 * end_hour + end_minute


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """One system that is told by HTTPS. Plain HTTP is for this machine only."""

    url: str
    recipients: list[Recipient]
    """Whose alerts it is told."""
    key_id: str
    """Says which secret signed, so that it can be changed without a gap."""
    secret_file: str
    """At least 16 bytes; read anew for every call."""
    ca_file: str = ""
    """Certificates of the authorities it is trusted by; empty: the machine's own."""
    every_change: bool = False
    """Also tell of repeats and of what people did, not only of alerts raised and escalated."""

    def __post_init__(self) -> None:
        check_recipients(self.recipients)
        parts = urlsplit(self.url)
        if parts.scheme not in ("https", "http") or not parts.hostname or parts.username is not None:
            raise ValueError("url must be https://host/… without a name or password in it")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError("url must be https: alerts never cross a network in the clear")
        if not self.recipients or not self.key_id or not self.key_id.isascii() or not self.key_id.isprintable():
            raise ValueError("recipients and a printable key_id must be given")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """Without routes every alert goes to `otherwise`; so does whatever fits no route. Nothing goes to nobody."""

    routes: list[RouteSettings] = field(default_factory=list)
    otherwise: list[Recipient] = field(default_factory=lambda: [Recipient("control-room")])
    areas: dict[str, AreaSettings] = field(default_factory=dict)
    time_zone: str = "Europe/London"
    """In which the hours of routes are meant."""
    collapse_seconds: float = 120.0
    """Hits on one entry at one camera within so long of the first read become one alert."""
    most_repeats: int = 200
    """Hits collapsed into one alert before a new one is raised."""
    stale_after_seconds: float = 300.0
    """An alert whose read was older than this when it was raised is shown as stale (unconfirmed figure)."""
    escalate_after_seconds: float = 120.0
    """An alert nobody has seen for so long goes on to the route's `escalate_to` (unconfirmed figure)."""
    most_escalations: int = 3
    webhooks: dict[str, WebhookSettings] = field(default_factory=dict)
    webhook_timeout_seconds: float = 5.0
    """For connecting, and again for the answer."""
    webhook_attempts: int = 8
    """Then what could not be delivered is put into the dead-letter folder, and the next is tried."""
    webhook_first_pause_seconds: float = 0.5
    """Doubled after every attempt, up to `webhook_longest_pause_seconds`; a random part of it is waited."""
    webhook_longest_pause_seconds: float = 60.0
    watch_unacknowledged: int = 64
    """Events sent to a subscriber beyond the last one it acknowledged."""
    watch_stalled_after_seconds: float = 30.0
    """A subscriber that owes acknowledgements for so long is cut off; it goes on from its cursor when it comes back."""
    batch_hits: int = 64

    def __post_init__(self) -> None:
        check_recipients(self.otherwise)
        if not self.otherwise:
            raise ValueError("otherwise must name a recipient: an alert must never reach nobody")
        counts = (self.most_repeats, self.webhook_attempts, self.watch_unacknowledged, self.batch_hits)
        spans = (
            self.collapse_seconds,
            self.stale_after_seconds,
            self.escalate_after_seconds,
            self.webhook_timeout_seconds,
            self.webhook_first_pause_seconds,
            self.webhook_longest_pause_seconds,
            self.watch_stalled_after_seconds,
        )
        if min(counts) < 1 or min(spans) <= 0 or self.most_escalations < 0:
            raise ValueError("counts must be at least 1, seconds greater than 0, most_escalations not negative")
        unknown = {area for route in self.routes for area in route.areas} - set(self.areas)
        if unknown:
            raise ValueError(f"routes name areas that are not there: {', '.join(sorted(unknown))}")
        if any(not _TARGET.fullmatch(name) for name in self.webhooks):
            raise ValueError("a webhook's name is 1 to 32 of a-z, 0-9 and -")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("time_zone must be one of the tz database, as Europe/London") from None

    def folder_in(self, folder: str) -> Path:
        """Return where alerts are kept for the settings' `folder`."""
        return Path(folder) / "alerts"


def check_recipients(names: list[Recipient]) -> None:
    """Raises ValueError for a name that cannot be told apart on a screen or in a header."""
    if any(not _NAME.fullmatch(name) for name in names):
        raise ValueError("a recipient is 1 to 64 letters, digits, spaces, and . _ -")
