"""The settings: one typed TOML file, a section a stage, every fault reported at once.

A section's fields, their defaults and their meaning stand with the stage that uses them. An unknown section or key is
a fault, because a misspelt limit that is silently ignored is a limit that is not kept.

On failure: SettingsError lists every fault with file, section, key and what is expected.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass, field, fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_args, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from pipeline.access.callers.settings import CallerLimits, OrganisationSettings
from pipeline.access.cameras.settings import CamerasSettings
from pipeline.access.settings import AccessSettings
from pipeline.alert.settings import AlertSettings
from pipeline.capture.settings import CaptureSettings
from pipeline.detect.settings import DetectSettings
from pipeline.errors import SettingsError
from pipeline.inference.settings import InferenceSettings
from pipeline.join.settings import JoinSettings
from pipeline.journal.settings import JournalSettings
from pipeline.loopback import is_loopback
from pipeline.match.settings import MatchSettings
from pipeline.node_settings import ClusterSettings, MetricsSettings
from pipeline.recognise.settings import RecogniseSettings
from pipeline.share.settings import ShareSettings
from pipeline.store.settings import RetentionSettings, StoreSettings, UpkeepSettings
from pipeline.track.settings import TrackSettings

FEED_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSettings:
    """One camera feed. `latitude`/`longitude` (WGS 84 degrees) are restricted: they reach reads, nothing else."""

    url: str
    feed_id: str = "local"
    source_id: str = "1"
    camera_id: str = ""
    """Defaults to the feed's name."""
    lane: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    positions_file: str = ""
    """Of a camera in a vehicle: the NMEA sentences of its satellite receiver; the file may grow."""
    realtime: bool = False
    """Pace a file by its timestamps and shed frames as a live camera would."""
    node: str = ""
    """In a cluster: the node it runs on while that node is there. Empty: any."""

    def __post_init__(self) -> None:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude go together: give both or neither")
        if abs(self.latitude or 0.0) > 90 or abs(self.longitude or 0.0) > 180:
            raise ValueError("latitude is within 90 degrees of 0, longitude within 180")
        if self.positions_file and self.latitude is not None:
            raise ValueError("a camera stands (latitude, longitude) or moves (positions_file), not both")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSettings:
    """How frames are batched on their way through one camera's flow."""

    batch_frames: int = 8
    """Most frames in a batch for the detector."""
    batch_wait_seconds: float = 0.05
    """How long a camera waits for its next frame before it looks after the rest of its work."""
    batches_in_flight: int = 2
    """Batches a camera may have under inference; more would only queue."""
    follow: bool = True
    """Three of four looks at a moving road are only around known plates and at what else moves, and two of these leave
    out plates that go on as they did: less work, for a vehicle that is found three looks later at most where it comes
    right behind or beside another."""
    answer_within_seconds: float = 0.8
    """A batch is answered about so fast: where the models are busy with other cameras it holds fewer frames, so that
    what cannot be looked at is shed early and reads do not come late."""
    append_retry_seconds: float = 1.0
    """Pause before a failed append to the journal is tried again. A read is never dropped."""

    def __post_init__(self) -> None:
        if min(self.batch_frames, self.batches_in_flight) < 1:
            raise ValueError("batch_frames and batches_in_flight must be at least 1")
        if min(self.batch_wait_seconds, self.answer_within_seconds, self.append_retry_seconds) <= 0:
            raise ValueError("batch_wait_seconds, answer_within_seconds and append_retry_seconds must be above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicesSettings:
    """Where a node's gRPC services answer. Port 0 takes any free port.

    With the three files (PEM) both sides must show certificates; without them only this machine can be let in. The
    files are read again when they change.
    """

    host: str = "127.0.0.1"
    port: int = 9465
    certificate_file: str = ""
    key_file: str = ""
    client_authorities_file: str = ""
    """Whose signature a client's certificate must bear."""
    revocations_file: str = ""
    """Lists of revoked certificates (CRLs, PEM), signed by those authorities."""
    most_message_kibibytes: int = 1024
    """Larger requests are refused."""
    most_streams: int = 256
    """Streams and calls at once on one connection."""
    drain_seconds: float = 1.0
    """When the node stops, calls under way have so long to end; new ones are already told NOT_SERVING."""
    reflection: bool = False
    """Tell callers the contracts (grpc.reflection), for tools such as grpcurl."""
    limits: CallerLimits = field(default_factory=CallerLimits)
    organisations: dict[str, OrganisationSettings] = field(default_factory=dict)
    """By name: whose certificates may call what. Without certificates, this machine may call everything."""

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ValueError("port must be 0 (any free one) to 65535")
        if min(self.most_message_kibibytes, self.most_streams) < 1 or self.drain_seconds < 0:
            raise ValueError("most_message_kibibytes and most_streams must be at least 1, drain_seconds at least 0")
        names = [name for one in self.organisations.values() for name in one.names]
        if len(set(names)) < len(names):
            raise ValueError("two organisations have one name: a certificate must name exactly one organisation")
        given = [bool(one) for one in (self.certificate_file, self.key_file, self.client_authorities_file)]
        if any(given) and not all(given):
            raise ValueError("certificate_file, key_file and client_authorities_file go together: give all or none")
        if self.revocations_file and not any(given):
            raise ValueError("revocations_file needs certificate_file, key_file and client_authorities_file")
        if not any(given) and not is_loopback(self.host):
            raise ValueError("host must be this machine's own (127.0.0.1) unless the certificate files are given")


@dataclass(frozen=True, slots=True, kw_only=True)
class DemonstrationSettings:
    """For rendered feeds only: what was rendered, to compare the reads with, and where to put pictures to look at."""

    truth: str = ""
    pictures: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings. A section each."""

    folder: str = "var"
    """What must outlive the process: journal, store, hits, alerts. In a cluster it is each node's own, on a disk of its
    machine, and `{node}` in it stands for the node's name."""
    feeds: dict[str, FeedSettings] = field(default_factory=dict)
    capture: CaptureSettings = field(default_factory=CaptureSettings)
    inference: InferenceSettings = field(default_factory=InferenceSettings)
    detect: DetectSettings = field(default_factory=DetectSettings)
    recognise: RecogniseSettings = field(default_factory=RecogniseSettings)
    track: TrackSettings = field(default_factory=TrackSettings)
    flow: FlowSettings = field(default_factory=FlowSettings)
    journal: JournalSettings = field(default_factory=JournalSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    upkeep: UpkeepSettings = field(default_factory=UpkeepSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    match: MatchSettings = field(default_factory=MatchSettings)
    alert: AlertSettings = field(default_factory=AlertSettings)
    services: ServicesSettings = field(default_factory=ServicesSettings)
    join: JoinSettings = field(default_factory=JoinSettings)
    share: ShareSettings = field(default_factory=ShareSettings)
    cameras: CamerasSettings = field(default_factory=CamerasSettings)
    access: AccessSettings = field(default_factory=AccessSettings)
    cluster: ClusterSettings = field(default_factory=ClusterSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)
    demonstration: DemonstrationSettings = field(default_factory=DemonstrationSettings)

    def __reduce__(self) -> tuple[Any, ...]:
        """Cross to other processes by key: another version of the program may run there."""
        return partial(settings_of, where="the driver's settings"), (table_of(self),)


def load_settings(path: Path) -> Settings:
    """Return the settings in the TOML file at `path`. Raises SettingsError with every fault."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError([f"{path}: cannot be read: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError([f"{path}: is not TOML: {error}"]) from error
    return settings_of(table, where=str(path))


def table_of(settings: Settings) -> dict[str, Any]:
    """Return the table that spells `settings`, without what stands at its default: that is each version's own."""
    table = TypeAdapter(Settings).dump_python(settings, mode="json", exclude_defaults=True)
    return {name: content for name, content in table.items() if content != {}}


def settings_of(table: dict[str, Any], *, where: str) -> Settings:
    """Return the settings that `table` spells; `where` names it in faults."""
    faults: list[str] = []
    sections = {one.name: one for one in fields(Settings)}
    given: dict[str, Any] = {}
    for name, content in table.items():
        if name not in sections:
            faults.append(f"{where}: [{name}]: unknown section; known are {', '.join(sections)}")
        elif name == "folder":
            given[name] = _checked(str, content, f"{where}: {name}", faults)
        elif not isinstance(content, dict):
            faults.append(f"{where}: [{name}]: must be a section (a table), not a value")
        elif name == "feeds":
            given[name] = _feeds(content, where, faults)
        else:
            given[name] = _checked(sections[name].default_factory, content, f"{where}: [{name}]", faults)
    cameras = Counter(feed.camera_id or name for name, feed in given.get("feeds", {}).items())
    if any(number > 1 for number in cameras.values()):
        faults.append(f"{where}: [feeds]: two feeds have one camera_id; reads of different cameras would be one read")
    join, share = given.get("join") or JoinSettings(), given.get("share") or ShareSettings()
    if share.peer_name in join.back_offices:
        faults.append(f"{where}: [join.back_offices]: one is called as the peer of [share]; both would keep one book")
    services = given.get("services", ServicesSettings())
    if share.peer_is_elsewhere and services is not None and not (share.certificate_file or services.certificate_file):
        faults.append(f"{where}: [share] peer: is on another machine: give certificates, here or in [services]")
    if faults:
        raise SettingsError(faults)
    return Settings(**given)


def _feeds(content: dict[str, Any], where: str, faults: list[str]) -> dict[str, FeedSettings]:
    feeds: dict[str, FeedSettings] = {}
    for name, feed in content.items():
        if not FEED_NAME.fullmatch(name):
            faults.append(f"{where}: [feeds.{name}]: a feed's name is 1 to 32 of a-z, 0-9 and -")
        checked = _checked(FeedSettings, feed, f"{where}: [feeds.{name}]", faults)
        if checked is not None:
            feeds[name] = checked
    return feeds


def _checked(kind: Any, content: Any, where: str, faults: list[str]) -> Any:
    adapter = TypeAdapter(kind) if kind is str else TypeAdapter(_forbidding(kind))
    try:
        return adapter.validate_python(content)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_context=False, include_input=False):
            key = ".".join(str(part) for part in fault["loc"])
            message = "unknown key" if fault["type"] == "unexpected_keyword_argument" else fault["msg"]
            faults.append(f"{where} {key}: {message}" if key else f"{where}: {message}")
    return None


def _forbidding(kind: Any) -> Any:
    """Make pydantic refuse unknown keys in the dataclass `kind` and in those within it."""
    # pydantic reads its configuration for a plain dataclass from this attribute
    if not hasattr(kind, "__pydantic_config__"):
        kind.__pydantic_config__ = ConfigDict(extra="forbid")
        for within in get_type_hints(kind).values():
            for part in (within, *get_args(within)):
                if is_dataclass(part):
                    _forbidding(part)
    return kind
