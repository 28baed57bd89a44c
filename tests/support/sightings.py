"""A small language for writing what a camera sees as data: frames x plates.

`scene(vehicle("AB12CDE", frames=range(40)), vehicle("XY34ZZZ", frames=range(20, 60)))` is a list of frames, each with
its number, its time and its sightings; `track` runs them through a tracker. Places are (centre x, centre y, height).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from pipeline.domain.plate import Box, CameraId, Candidate, Detection, Passage, PlateText, Quad, Sighting
from pipeline.domain.posterior import ALPHABET, BLANK, CharacterPosterior
from pipeline.domain.vrm import Vrm
from pipeline.track.counts import Counts
from pipeline.track.settings import TrackSettings
from pipeline.track.tracker import PassageTracker

CAMERA = CameraId("north-gate")
START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
WIDTH_FOR_HEIGHT = 520 / 111
"""A British car plate."""

Place = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """One plate, in which frames it is in view, and what goes wrong with it."""

    text: str
    frames: range
    moving_from: Place
    to: Place
    hidden: Collection[int] = ()
    illegible: Collection[int] = ()
    misread: Mapping[int, str] = field(default_factory=dict)
    cut_off: Mapping[int, str] = field(default_factory=dict)
    confidence: float = 0.9

    def sighting(self, frame: int, at: datetime) -> Sighting | None:
        if frame not in self.frames or frame in self.hidden:
            return None
        share = (frame - self.frames.start) / max(len(self.frames) - 1, 1)
        x, y, height = (a + (b - a) * share for a, b in zip(self.moving_from, self.to, strict=True))
        part = self.cut_off.get(frame)
        text = part or self.misread.get(frame, self.text)
        return sighting(
            None if frame in self.illegible else plate_text(text, self.confidence),
            frame=frame,
            at=at,
            place=(x, y, height),
            narrower=len(part) / len(self.text) if part else 1.0,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One frame as the tracker gets it."""

    sequence: int
    captured_at: datetime
    sightings: tuple[Sighting, ...]


def vehicle(
    text: str,
    *,
    frames: range,
    moving_from: Place = (200.0, 150.0, 20.0),
    to: Place | None = None,
    hidden: Collection[int] = (),
    illegible: Collection[int] = (),
    misread: Mapping[int, str] | None = None,
    cut_off: Mapping[int, str] | None = None,
    confidence: float = 0.9,
) -> Vehicle:
    """A vehicle that drives evenly; without `to` it stands where it is."""
    return Vehicle(
        text=text,
        frames=frames,
        moving_from=moving_from,
        to=moving_from if to is None else to,
        hidden=hidden,
        illegible=illegible,
        misread=misread or {},
        cut_off=cut_off or {},
        confidence=confidence,
    )


def passing(text: str, *, frames: range, **more: object) -> Vehicle:
    """A vehicle that drives towards the camera and out of the picture."""
    return vehicle(text, frames=frames, moving_from=(200.0, 150.0, 20.0), to=(900.0, 600.0, 60.0), **more)  # type: ignore[arg-type]


def scene(
    *vehicles: Vehicle, frames: int | None = None, per_second: float = 25.0, dropped: Collection[int] = ()
) -> list[Shot]:
    """All frames until the last vehicle has left (or `frames` of them), without those that were dropped."""
    total = frames if frames is not None else max(one.frames.stop for one in vehicles)
    shots = []
    for frame in range(total):
        if frame in dropped:
            continue
        at = START + timedelta(seconds=frame / per_second)
        seen = [one.sighting(frame, at) for one in vehicles]
        shots.append(Shot(sequence=frame, captured_at=at, sightings=tuple(one for one in seen if one is not None)))
    return shots


def observe_all(tracker: PassageTracker, shots: Iterable[Shot]) -> list[Passage]:
    """The passages that end while these frames are observed."""
    return [passage for shot in shots for passage in tracker.observe(shot.sequence, shot.captured_at, shot.sightings)]


def track(shots: Sequence[Shot], settings: TrackSettings | None = None) -> list[Passage]:
    """The passages of the whole stream, its end included."""
    tracker = PassageTracker(CAMERA, settings or TrackSettings())
    return observe_all(tracker, shots) + tracker.flush()


def counts_after(shots: Sequence[Shot], settings: TrackSettings | None = None) -> Counts:
    tracker = PassageTracker(CAMERA, settings or TrackSettings())
    observe_all(tracker, shots)
    tracker.flush()
    return tracker.counts


def texts_of(passages: Sequence[Passage]) -> list[str]:
    return [passage.text.vrm for passage in passages if passage.text is not None]


def sighting(
    text: PlateText | None,
    *,
    frame: int = 0,
    at: datetime = START,
    place: Place = (200.0, 150.0, 20.0),
    narrower: float = 1.0,
) -> Sighting:
    x, y, height = place
    width = height * WIDTH_FOR_HEIGHT * narrower
    box = Box(x=x - width / 2, y=y - height / 2, width=width, height=height)
    left, right, top, bottom = box.x, box.x + width, box.y, box.y + height
    return Sighting(
        camera_id=CAMERA,
        sequence=frame,
        captured_at=at,
        detection=Detection(
            box=box, quad=Quad(corners=((left, top), (right, top), (right, bottom), (left, bottom))), confidence=0.9
        ),
        text=text,
        patch=np.full((4, 18, 3), frame % 256, np.uint8),
        overview=np.full((8, 8, 3), frame % 256, np.uint8),
    )


def plate_text(text: str, confidence: float = 0.9, *, others: Mapping[str, float] | None = None) -> PlateText:
    """What a recogniser without a posterior says; `others` are rival texts with their probabilities."""
    rivals = tuple(Candidate(text=rival, probability=probability) for rival, probability in (others or {}).items())
    return PlateText(
        raw=text,
        vrm=Vrm(text),
        confidence=confidence,
        character_confidences=(confidence ** (1 / len(text)),) * len(text),
        candidates=(Candidate(text=text, probability=confidence), *rivals),
    )


def stated_posterior(**probabilities: float) -> CharacterPosterior:
    """A posterior that gives the stated texts, which differ in one place, the stated probabilities.

    What they leave goes to a character that none of them has there.
    """
    first, *_ = probabilities
    [place] = {at for text in probabilities for at in range(len(first)) if text[at] != first[at]}
    shares = {text[place]: probability for text, probability in probabilities.items()}
    other = next(character for character in ALPHABET if character not in shares)
    rows = np.full((2 * len(first), len(ALPHABET) + 1), 1e-12)
    for at, character in enumerate(first):
        rows[2 * at + 1, BLANK] = 1.0
        rows[2 * at, ALPHABET.index(character) + 1] = 1.0
    rows[2 * place, :] = 1e-12
    for character, share in {**shares, other: 1.0 - sum(shares.values())}.items():
        rows[2 * place, ALPHABET.index(character) + 1] = max(share, 1e-12)
    return CharacterPosterior(log_probabilities=np.log(rows).astype(np.float32))
