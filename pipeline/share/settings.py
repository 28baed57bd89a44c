"""Settings of sharing: what is sent to whom, who may send, and who may take."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pipeline.loopback import is_loopback

PEER_NAME = "national"
FIELDS = frozenset(
    {
        "clock_state", "location", "raw_text", "confidence", "character_confidences", "candidates", "syntax",
        "direction", "lane", "patch_digest", "overview_digest", "sighting_count", "model_version", "doubts",
    }
)  # fmt: skip
"""What an agreement may give or leave out. Ids, times and the mark are what a read is: they are always given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderSettings:
    """An organisation that sends reads in, by its name in [services.organisations]."""

    feeds: tuple[str, ...]
    """Feed ids of the reads it may send, such as kent or kent-*."""

    def __post_init__(self) -> None:
        if not self.feeds or not all(self.feeds):
            raise ValueError("feeds must name at least one feed")


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementSettings:
    """Under which reads go to another organisation that pulls them."""

    organisation: str
    """Its name in [services.organisations]."""
    feeds: tuple[str, ...]
    """Feed ids of the reads it gets."""
    purpose: str
    """Why, as the audit log says it with every stream."""
    reference: str
    """Where the agreement itself is."""
    fields: tuple[str, ...] = ()
    """Fields of a read that it gets beside ids, times and mark."""

    def __post_init__(self) -> None:
        if not (self.organisation and self.feeds and self.purpose and self.reference):
            raise ValueError("an agreement needs organisation, feeds, purpose and reference")
        if unknown := sorted(set(self.fields) - FIELDS):
            raise ValueError(f"fields: {', '.join(unknown)}: known are {', '.join(sorted(FIELDS))}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareSettings:
    """Where reads go, and from where they may come."""

    peer: str = ""
    """host:port of the national centre. Empty: nothing is sent. One on another machine needs certificates."""
    certificate_file: str = ""
    key_file: str = ""
    authorities_file: str = ""
    """PEM, all three together: what this node shows to the peer, and whose signature the peer's must bear. Without them
    the certificates of [services] are used. They are read again when they change."""
    peer_name: str = PEER_NAME
    """What it is called in metrics and files."""
    with_pictures: bool = True
    with_hotlists: bool = True
    """Load the lists that the centre hands out."""
    lanes: int = 4
    """Batches on their way at once. Reads of one camera always take the same lane, so they never overtake another."""
    most_batch_reads: int = 2000
    most_batch_kibibytes: int = 768
    """Before compression; the centre must take messages of that size (its [services] most_message_kibibytes)."""
    batch_wait_seconds: float = 0.2
    """How long a read waits for others to go with."""
    answer_seconds: float = 30.0
    """A batch without an answer by then is sent again."""
    retry_first_seconds: float = 5.0
    retry_factor: float = 1.5
    retry_longest_seconds: float = 30.0
    """After a failure: the first pause, by how much each is longer than the one before, and the longest. There is no
    last try."""
    fresh_seconds: float = 120.0
    """Reads older than that, after an outage, let newer ones go first."""
    most_backlog_mebibytes: int = 102_400
    """So much of the journal is kept for the peer at most: 100 GiB are 40 days of 300 cameras without pictures."""
    future_seconds: float = 60.0
    """A read from further ahead is put aside (unconfirmed figure)."""
    most_quarantined: int = 10_000
    """Reads of one sender that may lie in quarantine; then it is told to come again later."""
    most_landed_mebibytes: int = 128
    """Of what others sent, durable but not yet in the journal (some 300,000 reads without pictures): senders wait
    while there is more."""
    most_unacknowledged: int = 5000
    """Reads on their way in a stream beyond what was acknowledged."""
    stalled_after_seconds: float = 60.0
    """A stream whose receiver acknowledges nothing for so long is ended."""
    senders: dict[str, SenderSettings] = field(default_factory=dict)
    agreements: dict[str, AgreementSettings] = field(default_factory=dict)

    def __post_init__(self) -> None:
        counts = (
            self.lanes, self.most_batch_reads, self.most_batch_kibibytes, self.most_backlog_mebibytes,
            self.most_quarantined, self.most_landed_mebibytes, self.most_unacknowledged,
        )  # fmt: skip
        if min(counts) < 1:
            raise ValueError("lanes and all limits must be at least 1")
        seconds = (
            self.batch_wait_seconds, self.answer_seconds, self.retry_first_seconds, self.retry_longest_seconds,
            self.fresh_seconds, self.future_seconds, self.stalled_after_seconds,
        )  # fmt: skip
        if min(seconds) <= 0 or self.retry_factor < 1:
            raise ValueError("all times must be greater than 0, retry_factor at least 1")
        if self.peer and not self.peer.rpartition(":")[0]:
            raise ValueError("peer is host:port")
        files = [bool(one) for one in (self.certificate_file, self.key_file, self.authorities_file)]
        if any(files) and not all(files):
            raise ValueError("certificate_file, key_file and authorities_file go together: give all or none")
        if not self.peer_name.replace("-", "").isalnum():
            raise ValueError("peer_name is letters, digits and -")

    @property
    def peer_is_elsewhere(self) -> bool:
        """Tell whether what is sent leaves this machine."""
        return bool(self.peer) and not is_loopback(self.peer.rpartition(":")[0].strip("[]"))

    def folder_in(self, folder: str) -> Path:
        """Return where sharing keeps its books, in the settings' `folder`."""
        return Path(folder) / "share"
