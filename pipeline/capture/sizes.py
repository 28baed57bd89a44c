"""What the sizes of packets tell of the road: between keyframes a packet holds what changed since the picture before.

On a quiet road that is noise, and its size depends on the place after the keyframe and little else. A vehicle adds to
it. How much cannot be known beforehand, and an encoder that keeps its rate constant may hide it altogether: so sizes
count for nothing until they have told of a few things that moved, one after the other, and again once they have not
told of one.

Promise: deterministic, bounded, no clock; only differences from quiet packets at the same place count.

On failure: nothing raises; where too little is known, `add` raises no alarm and `trusted` is False.
"""

from __future__ import annotations

from collections import defaultdict, deque
from statistics import median

_KEPT = 8
"""Quiet packets kept of each place after the keyframe: 8 to 16 s of most cameras."""
_FEWEST = 40
_LEAST_SPREAD = 0.008
"""Quiet packets differ from the median of their place by one spread: 1 per cent where noise fills them, else 4."""
_USUAL_SPREADS = 1.0
_ALARMING_SPREADS = 10.0
"""Excess adds up, less one spread a packet, to an alarm (Page's cumulative sum). By chance that happens once in some
8,000 packets, five minutes; a small vehicle does it in half a second, a near one at once."""


class SizeWatch:
    """Call `begin` at each keyframe, `add` with each packet after it, and `quiet` with those of a quiet road.

    Trust needs `witnesses` in a row.
    """

    def __init__(self, witnesses: int) -> None:
        self._witnesses = witnesses
        self._places: dict[int, deque[int]] = defaultdict(lambda: deque(maxlen=_KEPT))
        self._ratios: deque[float] = deque(maxlen=_KEPT * 25)
        self._learnt = 0
        self._place = 0
        self._spread = _LEAST_SPREAD
        self._excess = 0.0
        self._in_a_row = 0

    @property
    def trusted(self) -> bool:
        """Whether packets without an alarm may be taken for a quiet road."""
        return self._knows and self._in_a_row >= self._witnesses

    def begin(self) -> None:
        self._place = 0
        if self._ratios:
            self._spread = max(_LEAST_SPREAD, median(abs(one - 1) for one in self._ratios))

    def add(self, size: int) -> bool:
        """Note the next packet; tell whether, with those just before it, it is more than a quiet road's."""
        ratio = size / self._usual(self._place, size)
        self._place += 1
        if not self._knows:
            return False
        self._excess = max(0.0, self._excess + ratio - 1 - _USUAL_SPREADS * self._spread)
        alarming = self._excess > _ALARMING_SPREADS * self._spread
        if alarming:
            self._excess = 0.0
        return alarming

    def quiet(self, sizes: list[int]) -> None:
        """The last packets that were added, of these sizes, were of a quiet road: later ones are compared with them."""
        for place, size in enumerate(sizes, self._place - len(sizes)):
            self._ratios.append(size / self._usual(place, size))
            self._places[place].append(size)
            self._learnt += 1

    def witnessed(self, *, told: bool) -> None:
        """Something moved for a while: did the sizes tell of it?"""
        if self._knows:
            self._in_a_row = self._in_a_row + 1 if told else 0

    @property
    def _knows(self) -> bool:
        return self._learnt >= _FEWEST

    def _usual(self, place: int, size: int) -> float:
        """Return the size of a quiet packet at `place`, or at the nearest place before it of which one is known."""
        for known in range(place, max(place - _FEWEST, -1), -1):
            if known in self._places:
                return max(float(median(self._places[known])), 1.0)
        return max(float(size), 1.0)
