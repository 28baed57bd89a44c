"""The policy table and the limits of access, as settings.

The figures are those that the force told its public: 90 days normally; beyond only for four categories with a senior
officer's authorisation; up to twelve months only for major investigations and counter terrorism. What the letter
leaves open is marked OPEN: the force must decide it, the default is the careful side.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pipeline.domain.access import Grade
from pipeline.loopback import is_loopback

NORMAL_DAYS = 90
TWELVE_MONTHS_DAYS = 365
_ANALYSTS = ("intelligence", "investigation")


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryRule:
    """One row of the table. Ages are counted from capture to the moment of the answer."""

    roles: tuple[str, ...]
    """Roles to which looking at reads of this category is relevant; empty: nobody."""
    days: int = NORMAL_DAYS
    """Greatest age without an authorisation."""
    authorised_days: int = 0
    """Greatest age with an authorisation; 0: no authorisation opens more."""
    authoriser: Grade = Grade.SUPERINTENDENT
    """The lowest grade that may authorise."""
    authority_days: int = 28
    """An authorisation ends so many days after it was granted. OPEN: the letter names no lifetime."""

    def __post_init__(self) -> None:
        if not 0 <= self.days <= TWELVE_MONTHS_DAYS + 1:
            raise ValueError(f"days must be 0 to {TWELVE_MONTHS_DAYS + 1}: nothing is kept longer")
        if not (self.authorised_days == 0 or self.days <= self.authorised_days <= TWELVE_MONTHS_DAYS + 1):
            raise ValueError(f"authorised_days must be 0, or from days to {TWELVE_MONTHS_DAYS + 1}")
        if self.authority_days < 1:
            raise ValueError("authority_days must be at least 1")


def _table() -> dict[str, CategoryRule]:
    beyond = 180  # OPEN: the letter does not say when these two end between 90 days and twelve months
    return {
        "road-safety": CategoryRule(roles=("roads-policing", *_ANALYSTS)),
        "priority-and-volume": CategoryRule(
            roles=("neighbourhood", *_ANALYSTS), authorised_days=beyond, authoriser=Grade.INSPECTOR
        ),
        "serious": CategoryRule(roles=_ANALYSTS, authorised_days=beyond, authoriser=Grade.SUPERINTENDENT),
        "major": CategoryRule(roles=_ANALYSTS, authorised_days=TWELVE_MONTHS_DAYS, authoriser=Grade.SUPERINTENDENT),
        "counter-terrorism": CategoryRule(
            roles=("counter-terrorism", *_ANALYSTS),
            authorised_days=TWELVE_MONTHS_DAYS,
            authoriser=Grade.SUPERINTENDENT,
        ),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardSettings:
    """What keeps a lawful request from being a fishing trip. OPEN: the force decides the figures."""

    characters: int = 20
    """Least length of a justification."""
    different_words: int = 4
    same_text_for_references: int = 2
    """The same justification is refused once it was given for so many other references."""
    marks: int = 50
    known_characters: int = 3
    """Least letters and digits of a partial mark."""
    anybody_hours: float = 24.0
    """Longest time of a query that names no mark."""
    requests: int = 120
    per_seconds: float = 3600.0

    def __post_init__(self) -> None:
        counts = (self.characters, self.different_words, self.same_text_for_references, self.marks, self.requests)
        if min(counts) < 1 or min(self.known_characters, self.anybody_hours, self.per_seconds) <= 0:
            raise ValueError("the limits of requests must be positive")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSettings:
    """Where the log's keys are, and what its reports call unusual. OPEN: the force decides the figures."""

    signing_key_file: str = ""
    """Ed25519, PEM, readable by its owner alone; empty: made on first use beside the log."""
    former_public_key_files: tuple[str, ...] = ()
    """Public keys (PEM) whose checkpoints still count: those before the key was changed."""
    stamp_url: str = ""
    """A time-stamping authority (RFC 3161): https, or this machine. Empty: checkpoints are not stamped."""
    stamp_roots_file: str = ""
    """Certificates (PEM) of the authorities whose stamps count."""
    stamp_every_hours: float = 24.0
    """How often a running node has the newest checkpoint stamped."""
    collection_every_minutes: float = 60.0
    """How often the log is told how many reads were collected."""
    hours: tuple[int, int] = (7, 19)
    """What is done from the one hour up to the other, Monday to Friday, is within hours."""
    time_zone: str = "Europe/London"
    unusual_factor: float = 3.0
    """A day with more requests than so many times the person's own or the role's median is unusual, …"""
    unusual_least: int = 10
    """… if there were at least so many."""

    def __post_init__(self) -> None:
        first, last = self.hours
        if not 0 <= first < last <= 24:
            raise ValueError("hours must be two hours of a day, the earlier one first")
        if self.unusual_factor < 1 or self.unusual_least < 1:
            raise ValueError("unusual_factor and unusual_least must be at least 1")
        if self.collection_every_minutes <= 0 or self.stamp_every_hours <= 0:
            raise ValueError("collection_every_minutes and stamp_every_hours must be greater than 0")
        parts = urlsplit(self.stamp_url)
        if self.stamp_url and parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            raise ValueError("stamp_url must be https, or this machine's own")
        if self.stamp_url and not self.stamp_roots_file:
            raise ValueError("stamp_url needs stamp_roots_file: whose stamps count")
        try:
            ZoneInfo(self.time_zone)
        except (OSError, ValueError, KeyError) as error:
            raise ValueError("time_zone must be a name such as Europe/London") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySettings:
    """Whose tokens count: those of an OpenID Connect provider, or, with neither address nor file of its keys, those
    that this machine signs itself (`anpr people token`)."""

    keys_url: str = ""
    """The provider's JSON Web Key Set (its `jwks_uri`): https, or this machine."""
    keys_file: str = ""
    """The same as a file."""
    issuer: str = ""
    audience: str = ""
    require_bound: bool = False
    """Only tokens count that are bound to the caller's client certificate (RFC 8705)."""
    longest_hours: float = 12.0
    """A token that is meant to last longer does not count."""

    def __post_init__(self) -> None:
        if self.keys_url and self.keys_file:
            raise ValueError("give keys_url or keys_file, not both")
        if bool(self.keys_url or self.keys_file) != bool(self.issuer and self.audience):
            raise ValueError("a provider's keys, issuer and audience go together: give all or none")
        if self.longest_hours <= 0:
            raise ValueError("longest_hours must be greater than 0")

    @property
    def local(self) -> bool:
        """Tell whether this machine signs its tokens itself."""
        return not (self.keys_url or self.keys_file)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessSettings:
    """Who may see what. A category that is not in the table is refused."""

    force: str = "local"
    """Whose system this is, as the audit log names it."""
    categories: dict[str, CategoryRule] = field(default_factory=_table)
    guards: GuardSettings = field(default_factory=GuardSettings)
    coarse_degrees: float = 0.1
    """Without the permission, a fixed camera's place is told as the middle of a square of so many degrees."""
    identity: IdentitySettings = field(default_factory=IdentitySettings)
    audit: AuditSettings = field(default_factory=AuditSettings)

    def __post_init__(self) -> None:
        if not 0.01 <= self.coarse_degrees <= 10:
            raise ValueError("coarse_degrees must be 0.01 to 10: a smaller square would tell where a camera stands")

    @staticmethod
    def folder_in(folder: str) -> Path:
        """Return where registers, keys and the audit log are."""
        return Path(folder) / "access"
