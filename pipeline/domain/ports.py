"""What one stage may know of another: these Protocols and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from datetime import date, datetime
from typing import Protocol

from pipeline.domain.alert import AlertedHit
from pipeline.domain.hotlist import Hit, HotlistId, HotlistTerms
from pipeline.domain.plate import Detection, Frame, Passage, Picture, Pixels, PlateText, Sighting
from pipeline.domain.query import Found, Limits, Page, Query
from pipeline.domain.read import CaptureRecord, ClockState, Digest, LatePictures, Location, Read, ReadId
from pipeline.domain.sharing import EncodedRecord, Offer, Organisation, Outcome
from pipeline.errors import AnprError


class Clock(Protocol):
    """Time as an argument. `now` is UTC; `monotonic` is seconds from an arbitrary start."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...


class FrameSource(Protocol):
    """A camera or a clip: yields frames in order and returns at the end of the stream."""

    def frames(self) -> Iterator[Frame]: ...


class CameraFeed(Protocol):
    """A supervised feed: a bounded buffer of decoded frames that another thread fills.

    `take` returns frames in order, up to `limit` of them with pixels, waiting at most `wait_seconds` for the first; an
    empty list means that none came. `ended` is True once the stream is over and every frame of it was taken. A feed
    that can never give frames raises BadInput from `take`: it is not an empty road.
    """

    def take(self, limit: int, wait_seconds: float, newest: int | None = None) -> list[Frame]:
        """Return up to `limit` frames; a camera may lose, and counts, what waits beyond its `newest` ones."""
        ...

    @property
    def ended(self) -> bool: ...

    @property
    def clock_state(self) -> ClockState: ...


class PositionSource(Protocol):
    """Tells where a vehicle was at an instant; None where that is not known."""

    def at(self, instant: datetime) -> Location | None: ...


class Detector(Protocol):
    """Finds plates. Images may differ in size; answers keep their order; empty in, empty out.

    `sides` are the long sides of the pictures that the images are parts of; without them each is a whole picture.
    """

    version: str

    def detect(self, images: Sequence[Picture], sides: Sequence[int] | None = None) -> list[tuple[Detection, ...]]: ...

    def warm_up(self, images: Sequence[Picture], sides: Sequence[int]) -> None:
        """Make the runtime ready for such images, and for a plate in each."""
        ...


class Recogniser(Protocol):
    """Reads plates. `plates` are (image, where in it); None where illegible; order kept; empty in, empty out."""

    version: str

    def recognise(self, plates: Sequence[tuple[Pixels, Detection]]) -> list[PlateText | None]: ...


SeenPlate = tuple[Detection, PlateText | None]
"""A plate found in an image and what it says; None where illegible."""


class PlateReader(Protocol):
    """Detects and recognises, each when it is asked to. Answers have the order of what was given; they may come from
    another process. `sides` as with the `Detector`."""

    version: str

    def find(self, images: Sequence[Picture], sides: Sequence[int]) -> Future[list[tuple[Detection, ...]]]: ...

    def recognise(self, plates: Sequence[tuple[Pixels, Detection]]) -> Future[list[PlateText | None]]: ...


class SightingChoice(Protocol):
    """Tells which finds of a frame are plates, and which of these are worth reading. Ask for every frame that has a
    find, in order, first the one and then the other."""

    def kept(self, captured_at: datetime, found: Sequence[Detection]) -> list[Detection]: ...

    def choose(self, captured_at: datetime, found: Sequence[Detection]) -> list[bool]: ...


class Tracker(Protocol):
    """Joins sightings to passages. Call once for every frame in order, also for frames without a plate."""

    def observe(self, sequence: int, captured_at: datetime, sightings: Sequence[Sighting]) -> list[Passage]: ...

    def flush(self) -> list[Passage]: ...

    @property
    def rejections(self) -> Mapping[str, int]:
        """How many plates that were followed gave no read of their own so far, by reason."""
        ...


class JournalEntry(Protocol):
    """One durable record and its place; offsets rise and are never reused."""

    @property
    def offset(self) -> int: ...

    @property
    def content(self) -> bytes:
        """The record as it was encoded."""
        ...

    @property
    def record(self) -> CaptureRecord: ...


class JournalWriter(Protocol):
    """The writing end of the node's durable queue. `append` returns the last offset, only after fsync; the same read
    twice is kept once."""

    def append(self, records: Sequence[CaptureRecord]) -> int: ...


class KnownKeys(Protocol):
    """Tells which of `keys` were given to a journal, and are remembered."""

    def knows(self, keys: Sequence[str]) -> set[str]: ...


class EncodedJournal(KnownKeys, Protocol):
    """The writing end for records that come encoded. `append_encoded` returns, only after fsync, which were new, in
    order; what has a key that was given before is kept once."""

    def append_encoded(self, records: Sequence[EncodedRecord]) -> list[bool]: ...


class ReadIntake(Protocol):
    """Takes reads that another organisation, a mobile unit or a foreign camera offers.

    `records` are encoded `CaptureRecord`s of the contract (`pipeline.wire.read_proto.encode_record` makes them), with
    pictures, with some or with none. The answer has one outcome for each, in order, and is given only when everything
    accepted or quarantined is on disk. Offering a read again is harmless. `sent_at` is the sender's clock when it sent
    them, where it tells. Raises Unavailable or Overloaded when nothing of the batch was taken: offer it again later.
    """

    def take(
        self, sender: Organisation, records: Sequence[bytes], *, sent_at: datetime | None = None
    ) -> list[Outcome]: ...

    def take_pictures(self, sender: Organisation, records: Sequence[bytes]) -> list[Outcome]:
        """Take the pictures of reads that came without them: the same records, now with pictures in them."""
        ...


class OfferIntake(ReadIntake, Protocol):
    """A `ReadIntake` that takes several offers with one wait for the disk. `take_together` answers each with its
    outcomes, or with the error that concerns it alone; it raises when nothing of any of them was taken."""

    def take_together(self, offers: Sequence[Offer]) -> list[list[Outcome] | AnprError]: ...


class Peer(Protocol):
    """The services of a peer, by encoded request and response. Calls return at once; a failed one is a future that
    raises an AnprError: BadInput where the peer can make nothing of the request, others where a retry may help."""

    def push_reads(self, request: bytes) -> Future[bytes]: ...

    def push_images(self, request: bytes) -> Future[bytes]: ...

    def push_erasures(self, request: bytes) -> Future[bytes]: ...


class JournalSource(Protocol):
    """The reading end: up to `limit` entries beyond `offset`, in order, as many as `most_bytes` hold but at least one,
    and the newest offset ever given.

    `identity` names this journal: an offset remembered of another one means nothing here.
    """

    identity: str

    def after(self, offset: int, limit: int, most_bytes: int = ...) -> Sequence[JournalEntry]: ...

    def entry_of(self, read_id: ReadId) -> JournalEntry | None:
        """The entry of that read; None when it was never here, or has been discarded."""
        ...

    def last_offset(self) -> int: ...

    def bytes_per_read(self) -> float:
        """About how much of the disk a read takes; at least 1."""
        ...

    def lag_of(self, offset: int) -> int:
        """How many reads come after `offset`. Raises IntegrityError for one that this journal never gave."""
        ...

    def missing_after(self, offset: int) -> int:
        """How many of the reads after `offset` are no longer there, though their time was not up."""
        ...


class Expirable(Protocol):
    """Whatever keeps something of reads on disk for a while. `expire` erases for good what was captured or received
    before an instant, and returns how many of what kind, for the erasure log."""

    def expire(self, before: datetime) -> Mapping[str, int]: ...


class RecordSearch(Protocol):
    """Finds reads in the record, a page at a time. It does not ask who asks: only the gate may call it."""

    def page(self, query: Query, limits: Limits, cursor: str | None = None) -> Page: ...


class ReadRecords(Protocol):
    """Fetches whole reads and their pictures, each held against its digest; ask only for what the gate gave."""

    def reads(self, found: Sequence[Found]) -> list[Read]: ...

    def pictures(self, digests: Sequence[Digest], days: Sequence[date] = ()) -> dict[Digest, bytes]: ...

    def late_pictures(self, reads: Sequence[Read]) -> LatePictures:
        """Those of `reads` that came without a picture and got it later."""
        ...


class Matcher(Protocol):
    """Checks a read against the hotlist as it is at `at`."""

    def match(self, read: Read, at: datetime) -> list[Hit]: ...


class HitLog(Protocol):
    """The reading end of the durable hits: up to `limit` beyond `position`, in order, each with the position after it.

    An empty position is the beginning. A position that this log does not know (it was restored, replaced or cut) is
    read from the beginning too, so a consumer must know hits it has had by their ids.
    """

    def after(self, position: str, limit: int) -> Sequence[tuple[str, AlertedHit]]: ...


class RecordSource(Protocol):
    """Finds the capture record of a read, None when it is not (or no longer) there."""

    def record_of(self, read_id: ReadId) -> CaptureRecord | None: ...


class ListTerms(Protocol):
    """Says what a whole list is for and who may know of its hits; None for a list that has no such terms."""

    def terms_of(self, hotlist_id: HotlistId) -> HotlistTerms | None: ...
