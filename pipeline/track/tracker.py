"""From sightings to exactly one passage for each vehicle: a state machine with no input, no output and no clock.

`observe` is called for every frame in order, also for frames without a plate; time is the frames' `captured_at`, so
frames that were dropped change nothing. A trail is one plate followed through the frames (`trail.TRANSITIONS`):

    OPEN --gone, driving away or in view for long, good vote--> a passage --> READ or SPENT
    OPEN --gone, too little to go by--> FRAGMENT --the rest of the vehicle turns up--> part of that
                                                 --it never does--> rejected, counted by reason
    SPENT --gone--> READ --same vehicle again soon, or where it stood--> no second passage

A trail that closes while another of the same vehicle is about becomes part of it (`kinship`). A clearly different text
at a trail's place begins a trail that contests the place: a second such text makes it a vehicle of its own (the scene
was cut, or one hides the other); if none follows, it was a misread of the trail it contests.

On failure: BadInput for sightings of another camera; IntegrityError from `restore` for bytes that are no snapshot. A
stream whose time jumps back ends what was in view, and starts afresh.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median

from pipeline.domain.plate import CameraId, ClosedBecause, Passage, PassageId, PlateText, Sighting
from pipeline.domain.read import read_id_of
from pipeline.domain.vrm import Vrm, fold_vrm
from pipeline.errors import BadInput, IntegrityError
from pipeline.track import snapshot
from pipeline.track.association import Likeness, associate, is_at_the_place_of, likeness, without_doubles
from pipeline.track.counts import Counts, RejectedBecause
from pipeline.track.kinship import is_one_vehicle
from pipeline.track.memory import Memory
from pipeline.track.motion import distance
from pipeline.track.settings import TrackSettings
from pipeline.track.trail import State, Trail
from pipeline.track.vote import vote_over

_STILL_IN_VIEW = (ClosedBecause.LONGEST, ClosedBecause.RECEDING)
_CONTEST_SECONDS = 0.5
_STROKES = {"1"}
"""Of nothing else is a mark of any series: rows of windows, railings and grilles read so, and surely."""
_INTERVALS = 9


class PassageTracker:
    """The `Tracker` of one camera."""

    def __init__(self, camera_id: CameraId, settings: TrackSettings) -> None:
        self._camera_id = camera_id
        self._settings = settings
        self._gone_after = timedelta(seconds=settings.gone_after_seconds)
        self._standing_gone_after = timedelta(seconds=settings.standing_gone_after_seconds)
        self._memory = Memory()

    @property
    def rejections(self) -> Mapping[str, int]:
        """How many trails gave no read of their own so far, by reason."""
        counts = self._memory.counts
        others = {"rejoined": counts.rejoined, "misread": counts.misreads}
        return {reason.value: number for reason, number in counts.rejected.items()} | others

    @property
    def counts(self) -> Counts:
        """Totals of what became of everything seen; read it, do not change it."""
        return self._memory.counts

    def observe(self, sequence: int, captured_at: datetime, sightings: Sequence[Sighting]) -> list[Passage]:
        """Take one frame's sightings; return the passages that it ends, the vehicle seen first coming first."""
        if any(one.camera_id != self._camera_id for one in sightings):
            raise BadInput("a tracker follows one camera: give each camera its own tracker")
        passages = self._note_time(captured_at)
        distinct = without_doubles(sightings)
        counts = self._memory.counts
        counts.frames += 1
        counts.sightings += len(sightings)
        counts.doubles += len(sightings) - len(distinct)
        if distinct:
            self._follow(distinct, captured_at)
        passages += self._close(
            [trail for trail in self._memory.in_view() if self._is_gone(trail, captured_at)], ClosedBecause.GONE
        )
        passages += self._close(self._memory.too_many_in_view(), ClosedBecause.GONE)
        passages += self._read_the_staying()
        self._forget(captured_at)
        return passages

    def flush(self, because: ClosedBecause = ClosedBecause.FLUSHED) -> list[Passage]:
        """End everything in view; return its passages. Vehicles read so far stay known."""
        passages = self._close(self._memory.in_view(), because)
        for trail in self._memory.in_state(State.FRAGMENT):
            self._reject(trail)
        return passages

    def snapshot(self) -> bytes:
        """Return all that the tracker knows, pictures of open trails included."""
        return snapshot.pack(self._memory)

    def restore(self, content: bytes) -> None:
        """Go on from a snapshot, whatever was known before. Raises IntegrityError when `content` is none."""
        memory = snapshot.unpack(content, Memory)
        if any(trail.first.camera_id != self._camera_id for trail in memory.trails):
            raise IntegrityError("the snapshot is of another camera's tracker: start this one afresh")
        self._memory = memory

    # --- one frame

    def _note_time(self, captured_at: datetime) -> list[Passage]:
        memory, passages = self._memory, list[Passage]()
        if memory.now is not None:
            elapsed = (captured_at - memory.now).total_seconds()
            if elapsed < -self._settings.gone_after_seconds:
                passages = self.flush(ClosedBecause.GONE)
                memory.trails = []
            elif elapsed > 0:
                memory.intervals = [*memory.intervals, elapsed][-_INTERVALS:]
        memory.now = captured_at
        return passages

    def _follow(self, sightings: Sequence[Sighting], at: datetime) -> None:
        in_view = self._memory.in_view()
        pairs = associate(in_view, sightings, at, self._settings)
        taken = {id(sighting) for _, sighting in pairs}
        followed = []
        for trail, sighting in pairs:
            trail.add(sighting)
            followed.append(trail)
            if trail.contests is not None and trail.legible > 1:
                self._establish(trail)
        unmatched = [trail for trail in in_view if trail not in followed]
        self._settle_misreads(followed)
        followed += [self._begin(sighting, unmatched) for sighting in sightings if id(sighting) not in taken]
        for trail in followed:
            trail.seen_with.update(other.number for other in followed if other is not trail)

    def _settle_misreads(self, followed: Sequence[Trail]) -> None:
        """What was read once at the place of a trail, and not again when that trail was, was a misread of it."""
        seen = {trail.number for trail in followed}
        read = {trail.number for trail in followed if trail.last.text is not None}
        for trail in self._memory.in_view():
            if trail.contests in read and trail.number not in seen:
                self._was_misread(trail)

    def _begin(self, sighting: Sighting, unmatched: Sequence[Trail]) -> Trail:
        memory = self._memory
        trail = Trail.of(sighting, number=memory.next_number, kept_most=self._settings.kept_sightings)
        contested = [one for one in unmatched if self._contests(sighting, one)]
        if contested:
            trail.contests = min(contested, key=lambda one: (distance(one.box, trail.box), one.number)).number
        memory.next_number += 1
        memory.counts.trails += 1
        memory.trails.append(trail)
        return trail

    def _contests(self, sighting: Sighting, other: Trail) -> bool:
        """Tell whether this text, so clearly different, stands where the other trail should be now."""
        recent = (sighting.captured_at - other.last.captured_at).total_seconds() <= _CONTEST_SECONDS
        different = likeness(other, sighting.text)[0] is Likeness.DIFFERENT
        return recent and different and is_at_the_place_of(other, sighting)

    def _establish(self, trail: Trail) -> None:
        """Let a trail with a second text of its own stand; what it contested may have been the odd one instead."""
        contested = self._memory.numbered(trail.contests)
        trail.contests = None
        if contested is not None and contested.legible <= 1 and contested.state is State.OPEN:
            contested.contests = trail.number

    # --- ends

    def _is_gone(self, trail: Trail, at: datetime) -> bool:
        unseen = at - trail.last.captured_at
        if unseen < self._gone_after:
            return False
        return unseen >= self._standing_gone_after or not trail.motion.stands

    def _close(self, trails: Sequence[Trail], because: ClosedBecause) -> list[Passage]:
        passages = []
        for trail in sorted(trails, key=lambda one: (one.first.captured_at, one.number)):
            if trail.state is State.SPENT:
                trail.become(State.READ)
            elif not self._was_misread(trail):
                passage = self._conclude(trail, because)
                if passage is not None:
                    passages.append(passage)
        return passages

    def _read_the_staying(self) -> list[Passage]:
        passages = []
        longest = timedelta(seconds=self._settings.longest_passage_seconds)
        for trail in self._memory.in_state(State.OPEN):
            because = None
            if trail.last.captured_at - trail.read_due_from >= longest:
                trail.read_due_from = trail.last.captured_at
                because = ClosedBecause.LONGEST
            elif trail.has_shown_its_best(self._settings.gone_after_seconds):
                because = ClosedBecause.RECEDING
            passage = self._conclude(trail, because) if because else None
            if passage is not None:
                passages.append(passage)
        return passages

    def _was_misread(self, trail: Trail) -> bool:
        contested = self._memory.numbered(trail.contests)
        if trail.legible > 1 or contested is None or contested.legible < self._settings.minimum_sightings:
            return False
        self._join(trail, contested)
        self._memory.counts.joined -= 1
        self._memory.counts.misreads += 1
        return True

    def _conclude(self, trail: Trail, because: ClosedBecause) -> Passage | None:
        """Give an open trail its read, or its place in another of the same vehicle, or make it a fragment."""
        counts, staying = self._memory.counts, because in _STILL_IN_VIEW
        trail.voted = vote_over(trail.sightings())
        trails = self._memory.trails
        kin = [one for one in trails if one is not trail and is_one_vehicle(trail, one, self._settings, trails)]
        for known in kin:
            if known.state in (State.READ, State.SPENT):
                self._join_read(trail, known, staying=staying)
                return None
        for other in kin:
            if other.state is State.OPEN and not staying:
                self._join(trail, other)
                return None
            if other.state is State.FRAGMENT:
                self._join(other, trail)
        text = trail.voted or vote_over(trail.sightings())
        trail.voted = text
        if self._fault(trail, text, because) is None:
            passage = self._passage(trail, text, because)
            trail.become(State.SPENT if staying else State.READ)
            counts.passages += 1
            return passage
        if staying:
            trail.voted = None
        else:
            trail.become(State.FRAGMENT)
        return None

    def _join(self, part: Trail, whole: Trail) -> None:
        whole.take(part)
        self._memory.forget(part)
        self._memory.counts.joined += 1

    def _join_read(self, trail: Trail, known: Trail, *, staying: bool) -> None:
        # of the two, the one that is still in view goes on, under the text that was read
        whole, part = (trail, known) if staying else (known, trail)
        text = known.voted
        whole.take(part)
        whole.voted = text
        if staying:
            whole.become(State.SPENT)
        self._memory.forget(part)
        self._memory.counts.rejoined += 1

    def _fault(
        self, trail: Trail, text: PlateText | None, because: ClosedBecause = ClosedBecause.GONE
    ) -> RejectedBecause | None:
        settings = self._settings
        enough = settings.minimum_confidence
        if because is ClosedBecause.RECEDING:
            enough = max(enough, settings.receding_confidence)
        if text is None:
            return RejectedBecause.ILLEGIBLE
        key = fold_vrm(text.vrm)
        if set(key) == _STROKES:
            return RejectedBecause.ILLEGIBLE
        probability = sum(one.probability for one in text.candidates if fold_vrm(Vrm(one.text)) == key)
        if probability < enough:
            return RejectedBecause.POOR_VOTE
        if trail.legible >= settings.minimum_sightings:
            return None
        far_apart = median(self._memory.intervals or [settings.lone_sighting_interval_seconds])
        if far_apart >= settings.lone_sighting_interval_seconds and probability >= settings.lone_sighting_confidence:
            return None
        return RejectedBecause.TOO_FEW

    def _passage(self, trail: Trail, text: PlateText | None, because: ClosedBecause) -> Passage:
        first = trail.first
        return Passage(
            passage_id=PassageId(read_id_of(self._camera_id, first.captured_at, first.detection.box)),
            camera_id=self._camera_id,
            sightings=trail.sightings(),
            closed_because=because,
            sighting_count=trail.count,
            text=text,
        )

    def _forget(self, at: datetime) -> None:
        for trail in self._memory.past(at, self._settings):
            if trail.state is State.FRAGMENT:
                self._reject(trail)
            else:
                self._memory.forget(trail)

    def _reject(self, trail: Trail) -> None:
        because = self._fault(trail, trail.voted) or RejectedBecause.TOO_FEW
        self._memory.counts.rejected[because] += 1
        self._memory.forget(trail)
