"""Decoding only what is worth it: on a quiet road most of the stream is never decoded.

    DECODING  every packet is decoded, every picture judged by the motion gate
        --the gate is shut, and the sizes of packets are trusted-->
    HOLDING   keyframes are decoded by a decoder of their own and judged; the packets between them are held
        --a packet is larger than on a quiet road, or a keyframe shows motion--> what is held is decoded, from where
          decoding stopped, so that nothing of what came into view since is missing; then DECODING, or, if nothing of
          it moves, HOLDING what follows
        --the next keyframe shows none--> what is held is let go: its frames are told of, but were never decoded

Promise: every frame of the stream is told of once, in order; those that were decoded are the same pictures that
decoding everything gives. What is done depends on the packets and pictures alone, so a file gives the same every time.
At most `hold_seconds` and 8 MB are held; streams whose keyframes are rarer, and those of codecs other than H.264 and
H.265, are decoded whole.

On failure: as `decode.py`; what is held when the stream breaks or ends is decoded before that is told.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import av

from pipeline import metrics
from pipeline.capture.decode import Decoding
from pipeline.capture.keyframes import Packet, Scout, starts_afresh
from pipeline.capture.looks import LookPace
from pipeline.capture.motion import BackgroundMotionGate, Region, Verdict
from pipeline.capture.planes import luma_of
from pipeline.capture.sizes import SizeWatch
from pipeline.domain.ports import Clock
from pipeline.errors import AnprError

_GATE = metrics.STAGE_SECONDS.labels("gate")
_MOST_HELD_BYTES = 8_000_000
_MOVED_FRAMES = 8
"""Motion that lasts for fewer frames is no vehicle: sizes need not tell of it."""
_TOLD_WITHIN_PACKETS = 25
_MOST_UNJUDGED = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shown:
    """One frame of the stream. `picture` is None if it was never decoded; `position` in seconds, None if unknown;
    `came` is when its packet came (monotonic seconds)."""

    picture: av.VideoFrame | None
    position: float | None
    verdict: Verdict
    came: float
    where: tuple[Region, ...] = ()
    """Where in the picture it is that things move, each movement apart; empty where that is not known."""


class QuietStream:
    """One pass over one stream. `watch` may outlive it: a camera that is opened again is the same camera."""

    def __init__(
        self,
        decoding: Decoding,
        *,
        gate: BackgroundMotionGate,
        watch: SizeWatch,
        pace: LookPace,
        clock: Clock,
        hold_seconds: float,
    ) -> None:
        self._decoding = decoding
        self._gate = gate
        self._watch = watch
        self._pace = pace
        self._clock = clock
        self._hold_seconds = hold_seconds
        self._scout: Scout | None = None
        self._holding = False
        self._held: list[tuple[Packet, float]] = []
        """What the main decoder was not given, and when it came."""
        self._seen_first = False
        """Whether the first of them is a keyframe that was told of when the scout decoded it."""
        self._owed = 0
        """Packets that the main decoder was given since it was empty, less the pictures that it gave."""
        self._already_told = 0
        """Pictures that the main decoder will give, but that were told of when the scout decoded them."""
        self._group_began: float | None = None
        self._group_fits = False
        self._verdict = Verdict.MOTION
        self._moved = 0
        self._unjudged = 0
        """Pictures since the last one that was judged."""
        self._since_alarm = _TOLD_WITHIN_PACKETS
        self._opening = 0

    def shown(self) -> Iterator[list[Shown]]:
        """Yield what each packet gave, also when that is nothing, so that the caller can watch the time."""
        try:
            for packet in self._decoding.packets():
                yield self._taken(packet, self._clock.monotonic())
        except AnprError:
            yield self._released()
            raise

    def _taken(self, packet: Packet, came: float) -> list[Shown]:
        if packet.size == 0:
            return [*self._released(), *self._decoded(packet, came)]
        if starts_afresh(packet):
            return self._keyframe(packet, came)
        alarming = self._watch.add(packet.size)
        self._since_alarm = 0 if alarming else self._since_alarm + 1
        self._held.append((packet, came))
        if self._holding and not alarming and not packet.is_corrupt and self._fits():
            return []
        sizes = [held.size for held, _ in self._held[self._seen_first :]]
        told = self._released()
        if told and all(one.verdict is not Verdict.MOTION for one in told):
            self._watch.quiet(sizes)
        # the decoder has given all it was given: it can wait here as well as at a keyframe
        self._holding = self._verdict is Verdict.SHUT and self._owed == 0 and self._may_hold()
        return told

    def _keyframe(self, packet: Packet, came: float) -> list[Shown]:
        if self._holding:
            return self._next_group(packet, came)
        self._group_fits = self._group_lasted(packet) <= self._hold_seconds
        told: list[Shown] = []
        if self._may_hold() or self._decoding.is_worn:
            told = [self._judged(picture, came) for picture in self._decoding.drain()]
            self._owed = 0
        self._begin(packet)
        if not self._may_hold():
            return [*told, *self._decoded(packet, came)]
        told += self._scouted(packet, came, frames=1)
        self._holding = self._verdict is not Verdict.MOTION
        return told if self._holding else [*told, *self._released()]

    def _may_hold(self) -> bool:
        return self._group_fits and self._watch.trusted and self._verdict is not Verdict.MOTION

    def _next_group(self, packet: Packet, came: float) -> list[Shown]:
        """A keyframe after a held group: unless it shows motion, the group was quiet."""
        before = self._gate.snapshot()
        group, seen = self._held, self._seen_first
        found = self._scouted(packet, came, frames=len(group) + 1 - seen)
        if self._verdict is not Verdict.MOTION:
            self._watch.quiet([held.size for held, _ in group[seen:]])
            self._begin(packet)
            # where it waited in the middle of a group, it still has that in mind
            self._decoding.drain()
            return [*self._let_go(group[seen:]), *found]
        # the pictures before it have not been judged: what is known is what was known then
        self._gate.restore(before)
        self._verdict, self._opening, self._moved = Verdict.SHUT, 0, 0
        self._holding, self._held, self._seen_first = False, group, seen
        told = self._released()
        self._begin(packet)
        return [*told, *self._decoded(packet, came)]

    def _scouted(self, packet: Packet, came: float, *, frames: int) -> list[Shown]:
        """Judge the keyframe `packet`, `frames` after the last picture that was judged, and hold what follows it."""
        self._scout = self._scout or self._decoding.scout()
        picture = self._scout.picture(packet)
        self._held, self._seen_first = [(packet, came)], picture is not None
        if picture is None:
            # whatever is wrong with it, the main decoder counts it and goes on
            self._verdict = Verdict.MOTION
            return []
        return [self._judged(picture, came, frames, position=_position(packet))]

    def _let_go(self, group: list[tuple[Packet, float]]) -> list[Shown]:
        held = [(_position(packet), came) for packet, came in group]
        if all(position is not None for position, _ in held):
            # in the order of showing, which with pictures that are predicted from later ones is not that of coming
            held.sort(key=lambda one: one[0] or 0.0)
        return [Shown(picture=None, position=at, verdict=Verdict.SHUT, came=came) for at, came in held]

    def _released(self) -> list[Shown]:
        """Decode what is held."""
        group, self._held = self._held, []
        self._already_told += self._seen_first
        self._seen_first = False
        return [one for packet, came in group for one in self._decoded(packet, came)]

    def _decoded(self, packet: Packet, came: float) -> list[Shown]:
        pictures = self._decoding.decode(packet)
        self._owed += 1 - len(pictures)
        told, self._already_told = pictures[self._already_told :], max(0, self._already_told - len(pictures))
        return [self._judged(picture, came) for picture in told]

    def _judged(self, picture: av.VideoFrame, came: float, frames: int = 1, *, position: float | None = None) -> Shown:
        position = _time_of(picture) if position is None else position
        self._unjudged += frames
        if self._verdict is Verdict.MOTION and self._unjudged < _MOST_UNJUDGED and not self._pace.is_due(position):
            # the gate stays open for longer than this whatever comes
            self._opening += 1
            return Shown(picture=picture, position=position, verdict=Verdict.BETWEEN, came=came)
        with _GATE.time():
            was, self._verdict = self._verdict, self._gate.judge(luma_of(picture), self._unjudged)
        self._witness(was, self._unjudged)
        self._unjudged = 0
        return Shown(picture=picture, position=position, verdict=self._verdict, came=came, where=self._gate.where)

    def _witness(self, was: Verdict, frames: int) -> None:
        """Note whether the sizes told of what moved, once it is over."""
        if self._verdict is Verdict.MOTION:
            self._opening += 1
            self._moved += frames * self._gate.moved
        elif was is Verdict.MOTION:
            if self._moved >= _MOVED_FRAMES:
                self._watch.witnessed(told=self._since_alarm <= self._opening + _TOLD_WITHIN_PACKETS)
            self._opening = self._moved = 0

    def _begin(self, packet: Packet) -> None:
        self._watch.begin()
        self._group_began = _position(packet)

    def _group_lasted(self, packet: Packet) -> float:
        """Return the seconds since the keyframe before `packet`; infinity where that is unknown."""
        now = _position(packet)
        if now is None or self._group_began is None or now <= self._group_began:
            return float("inf")
        return now - self._group_began

    def _fits(self) -> bool:
        newest = _position(self._held[-1][0])
        began = self._group_began
        if newest is None or began is None or newest - began > self._hold_seconds:
            return False
        return sum(packet.size for packet, _ in self._held) <= _MOST_HELD_BYTES


def every_picture(decoding: Decoding, clock: Clock) -> Iterator[list[Shown]]:
    """Yield what each packet gave, with everything decoded and worth looking at."""
    for packet in decoding.packets():
        came = clock.monotonic()
        yield [
            Shown(picture=one, position=_time_of(one), verdict=Verdict.MOTION, came=came)
            for one in decoding.decode(packet)
        ]


def _time_of(picture: av.VideoFrame) -> float | None:
    # without a unit of time it is no number; to ask for the unit makes a fraction, for every picture
    at = picture.time
    return None if at is None or math.isnan(at) else at


def _position(packet: Packet) -> float | None:
    if packet.pts is None or packet.time_base is None:
        return None
    return float(packet.pts * packet.time_base)
