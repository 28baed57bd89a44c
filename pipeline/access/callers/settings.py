"""Who may call the services, and how much, as settings: `[services.organisations.NAME]` and `[services.limits]`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Right(StrEnum):
    """What an organisation may call. It has none unless the settings give it."""

    ALERTS = "alerts"
    SEARCH = "search"
    HOTLISTS = "hotlists"
    CAMERAS = "cameras"
    INGEST = "ingest"
    """Send reads in."""
    SHARING = "sharing"
    """Take reads out under an agreement."""
    NATIONAL = "national"
    """Use a national centre: push reads, and take its lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationSettings:
    """An organisation whose certificates are known. A certificate names exactly one organisation."""

    names: tuple[str, ...]
    """DNS names or URIs, one of which its certificates bear as subject alternative name."""
    may: tuple[Right, ...] = ()
    desks: tuple[str, ...] = ()
    """Desks whose alerts its systems may follow without a person's token, such as a dispatch system's."""

    def __post_init__(self) -> None:
        if not self.names or not all(self.names):
            raise ValueError("an organisation needs at least one name that its certificates bear")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerLimits:
    """What one caller (an organisation, or one person of it) may ask of a node at once and in time."""

    longest_call_seconds: float = 60.0
    """A call must come with a deadline, at most so far away."""
    longest_stream_seconds: float = 3600.0
    """The same for streams, which are resumed where they ended."""
    calls_a_second: float = 100.0
    burst_calls: int = 200
    failed_sign_ins_a_minute: float = 60.0
    """Of those who call with one certificate, or without from one address. Beyond, only those are still let in from
    there who were lately."""
    burst_failed_sign_ins: int = 60
    most_calls: int = 32
    """Calls under way at once that are no streams."""
    most_streams: int = 32
    review_every_seconds: float = 5.0
    """Certificate, token and person behind a stream under way are looked at again so often."""
    connection_seconds: float = 3600.0
    """A connection is asked to end after so long, give or take a tenth; a new one shows its certificate anew."""
    connection_grace_seconds: float = 60.0
    """Calls on such a connection have so long to end."""

    def __post_init__(self) -> None:
        if min(self.burst_calls, self.burst_failed_sign_ins, self.most_calls, self.most_streams) < 1:
            raise ValueError("burst_calls, burst_failed_sign_ins, most_calls and most_streams must be at least 1")
        seconds = (
            self.longest_call_seconds, self.longest_stream_seconds, self.calls_a_second, self.review_every_seconds,
            self.connection_seconds, self.connection_grace_seconds, self.failed_sign_ins_a_minute,
        )  # fmt: skip
        if min(seconds) <= 0:
            raise ValueError("the times and the rate of callers must be greater than 0")
