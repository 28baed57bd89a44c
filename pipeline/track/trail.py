"""What is known of one plate while it is followed: bounded in memory, exact in its counts.

On failure: nothing here fails; a trail without a legible sighting has the empty text.
"""

from __future__ import annotations

import math
from bisect import insort
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

import numpy as np

from pipeline.domain.plate import Box, Picture, Pixels, PlateText, Sighting
from pipeline.domain.vrm import fold_vrm
from pipeline.track.motion import Motion

_TEXTS = 32
_RIVAL_SHARE = 0.4
_SMALLER = 0.8
"""A plate so much lower than it was pictured is going away; less may be a box that trembles."""


class State(StrEnum):
    """Where a trail is in its life; `TRANSITIONS` says what may follow."""

    OPEN = "open"
    """In view, no read given."""
    SPENT = "spent"
    """In view, its read was given (by itself, or before it was hidden)."""
    FRAGMENT = "fragment"
    """Out of view with too little for a read of its own; it may yet be part of another."""
    READ = "read"
    """Out of view, its read was given; remembered so that its vehicle is not read again."""


TRANSITIONS = {
    State.OPEN: frozenset({State.SPENT, State.FRAGMENT, State.READ}),
    State.SPENT: frozenset({State.READ}),
    State.FRAGMENT: frozenset({State.OPEN}),
    State.READ: frozenset[State](),
}


@dataclass(slots=True, kw_only=True, eq=False)
class Trail:
    """One plate followed through the frames. Begin one with `Trail.of`."""

    number: int
    first: Sighting
    last: Sighting
    last_legible: Sighting | None = None
    pictured: Sighting | None = None
    state: State = State.OPEN
    kept_most: int
    kept: list[Sighting] = field(default_factory=list)
    count: int = 0
    legible: int = 0
    weights: dict[str, float] = field(default_factory=dict)
    """Confidence added up for each folded text."""
    motion: Motion = field(default_factory=Motion)
    contests: int | None = None
    """The trail at whose place this one's only text was read: it may be a misread of that."""
    seen_with: set[int] = field(default_factory=set)
    read_due_from: datetime
    voted: PlateText | None = None

    @classmethod
    def of(cls, sighting: Sighting, *, number: int, kept_most: int) -> Trail:
        bare = _bare(sighting)
        trail = cls(number=number, first=bare, last=bare, kept_most=kept_most, read_due_from=sighting.captured_at)
        trail.add(sighting)
        return trail

    @property
    def in_view(self) -> bool:
        return self.state in (State.OPEN, State.SPENT)

    @property
    def box(self) -> Box:
        return self.last.detection.box

    @property
    def text(self) -> str:
        """The folded text: as voted, else the one with the most confidence behind it, else empty."""
        if self.voted is not None:
            return fold_vrm(self.voted.vrm)
        return max(self.weights, key=lambda text: (self.weights[text], text), default="")

    @property
    def texts(self) -> tuple[str, ...]:
        """The folded texts it may bear: `text`, and until the vote those with nearly as much confidence behind them."""
        best = self.text
        if self.voted is not None or not best:
            return (best,) if best else ()
        enough = self.weights[best] * _RIVAL_SHARE
        return (best, *(text for text, weight in self.weights.items() if text != best and weight >= enough))

    @property
    def sureness(self) -> float:
        """Confidence added up behind `text`."""
        return self.weights.get(self.text, 0.0)

    def has_shown_its_best(self, seconds: float) -> bool:
        """Tell whether it drives away, was pictured so long ago and is legible still: it will not be seen better.

        Only a sighting that was read can say so, so that it is asked twice a second and not with every frame.
        """
        best, last = self.pictured, self.last
        return (
            best is not None
            and last.text is not None
            and self.contests is None
            and (last.captured_at - best.captured_at).total_seconds() >= seconds
            and last.detection.box.height <= _SMALLER * best.detection.box.height
        )

    def become(self, state: State) -> None:
        if state not in TRANSITIONS[self.state]:
            raise RuntimeError(f"a trail that is {self.state} cannot become {state}")
        self.state = state
        if state in (State.SPENT, State.READ):
            self.kept, self.pictured = [], None

    def add(self, sighting: Sighting) -> None:
        """Take the next sighting of this plate."""
        self.count += 1
        self.last = _bare(sighting)
        self.motion.note(sighting.captured_at, sighting.detection.box)
        if sighting.text is not None:
            self.legible += 1
            self.last_legible = self.last
            folded = fold_vrm(sighting.text.vrm)
            self.weights[folded] = self.weights.get(folded, 0.0) + sighting.text.confidence
            if len(self.weights) > _TEXTS:
                del self.weights[min(self.weights, key=lambda text: (self.weights[text], text))]
        if self.state is State.OPEN:
            self._keep(self.last)
            self._picture(sighting)

    def take(self, other: Trail) -> None:
        """Take over what another trail saw of the same vehicle."""
        if _order(other.first) < _order(self.first):
            self.first = other.first
        if _order(other.last) > _order(self.last):
            self.last, self.motion = other.last, other.motion
        legible = [one for one in (self.last_legible, other.last_legible) if one is not None]
        self.last_legible = max(legible, key=_order, default=None)
        self.count += other.count
        self.legible += other.legible
        for text, weight in other.weights.items():
            self.weights[text] = self.weights.get(text, 0.0) + weight
        for text in sorted(self.weights, key=lambda text: (-self.weights[text], text))[_TEXTS:]:
            del self.weights[text]
        self.seen_with |= other.seen_with
        self.voted = None
        if self.state is State.OPEN:
            for sighting in other.kept:
                self._keep(sighting)
            if other.pictured is not None:
                self._picture(other.pictured)

    def sightings(self) -> tuple[Sighting, ...]:
        """Return what was kept, in order of time; one of them has the pictures."""
        found = {_key(one): one for one in (*self.kept, self.first, self.last)}
        if self.pictured is not None:
            found[_key(self.pictured)] = self.pictured
        return tuple(sorted(found.values(), key=_order))

    def place_at(self, at: datetime) -> Box:
        """Return where the plate was, or is expected to be, at `at`."""
        if at >= self.last.captured_at:
            return self.motion.expected(at)
        near = min(self.sightings(), key=lambda one: (abs((one.captured_at - at).total_seconds()), _order(one)))
        return near.detection.box

    def _keep(self, bare: Sighting) -> None:
        insort(self.kept, bare, key=_order)
        if len(self.kept) > self.kept_most:
            del self.kept[min(range(len(self.kept)), key=self._use)]

    def _use(self, at: int) -> tuple[float, float]:
        # of equally sure ones, those far from the others in time say most
        start, end = self.kept[max(at - 1, 0)], self.kept[min(at + 1, len(self.kept) - 1)]
        return round(_confidence(self.kept[at]), 1), (end.captured_at - start.captured_at).total_seconds()

    def _picture(self, sighting: Sighting) -> None:
        if self.pictured is None or self._worth(sighting) > self._worth(self.pictured):
            self.pictured = replace(sighting, patch=_own(sighting.patch), overview=_own(sighting.overview))

    def _worth(self, sighting: Sighting) -> tuple[bool, bool, float]:
        # the picture is evidence of the text: one of a misread, or without pixels, serves worse than a smaller one
        agrees = sighting.text is not None and fold_vrm(sighting.text.vrm) == self.text
        size = math.sqrt(max(sighting.detection.box.height, 0.0))
        return sighting.patch is not None, agrees, size * max(_confidence(sighting), 0.01)


def _bare(sighting: Sighting) -> Sighting:
    # `replace` would take three times as long, and this is done for every sighting
    return Sighting(
        camera_id=sighting.camera_id,
        sequence=sighting.sequence,
        captured_at=sighting.captured_at,
        detection=sighting.detection,
        text=sighting.text,
    )


def _own(picture: Picture | None) -> Pixels | None:
    if picture is None:
        return None
    pixels = np.asarray(picture, np.uint8)
    # a patch is usually a view of its frame, and would keep the whole frame in memory
    return pixels.copy() if pixels.base is not None else pixels


def _confidence(sighting: Sighting) -> float:
    return sighting.text.confidence if sighting.text is not None else 0.0


def _order(sighting: Sighting) -> tuple[datetime, int, float, float]:
    box = sighting.detection.box
    return sighting.captured_at, sighting.sequence, box.x, box.y


_key = _order
