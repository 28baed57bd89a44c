"""What counts as right, and how sure a figure of a small set is.

A text is exactly right when its letters and digits are the labelled ones, right
when 0, O and Q, and 1 and I, are taken as equal ("folded"). A read of a still that matches no labelled plate of its
picture is false, also when the plate it read is merely not labelled. A read of a clip is right when it bears the mark
of an event whose frames overlap its own; a second right read of one event is a duplicate, every other read false.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

_NOT_INK = re.compile(r"[^A-Z0-9]")
_FOLDS = str.maketrans("OQI", "001")
_BINS = 10
_NINETY_FIVE_PER_CENT = 1.959964
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plate:
    """A labelled plate of a still; `box` is left, top, width, height in pixels, where one is labelled."""

    file: str
    text: str
    kind: str = ""
    box: Box | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A labelled passage of a clip, in frames from 0, both inclusive."""

    clip: str
    text: str
    first_frame: int
    last_frame: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One text that a reader gave for `file`; of a clip, also the frames it stood for.

    `found` is the detector's confidence where the reader has one; `alike` is the probability of all spellings together
    that are the same where 0, O and Q, and 1 and I, are taken as equal, where the reader has candidates.
    """

    file: str
    text: str
    confidence: float = 0.0
    found: float = 1.0
    alike: float = 0.0
    box: Box | None = None
    first_frame: int = 0
    last_frame: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A drawn plate and what was read of it, None for nothing; `width` in pixels.

    `kind` is the series of a British mark (`training/marks.py`), "foreign" for all others.
    """

    text: str
    seen: Seen | None
    width: float
    two_line: bool = False
    kind: str = "current"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """`misses` are the labelled plates or events nobody read right, `false_reads` the reads that match none.

    `judged` holds for every read its confidence and whether its text was right (folded). `inexact` are the plates or
    events that were read right but not exactly.
    """

    labelled: int
    exact: int
    folded: int
    duplicates: int
    false_reads: tuple[Seen, ...]
    misses: tuple[Plate | Event, ...]
    judged: tuple[tuple[float, bool], ...]
    inexact: tuple[Plate | Event, ...]


def plain(text: str) -> str:
    """Return the letters and digits of `text`, in capitals."""
    return _NOT_INK.sub("", text.upper())


def folded(text: str) -> str:
    """Return `plain` with the characters that look alike on British plates made one."""
    return plain(text).translate(_FOLDS)


def score_stills(plates: Sequence[Plate], seen: Sequence[Seen]) -> Score:
    """Judge the reads of one set of stills; one read answers for one plate. Without plates every read is false."""
    given: dict[str, list[Seen]] = defaultdict(list)
    for read in seen:
        given[read.file].append(read)
    right = 0
    misses: list[Plate | Event] = []
    inexact: list[Plate | Event] = []
    judged: list[tuple[float, bool]] = []
    for plate in plates:
        rest = given[plate.file]
        same = next((read for read in rest if plain(read.text) == plain(plate.text)), None)
        alike = same or next((read for read in rest if folded(read.text) == folded(plate.text)), None)
        right += alike is not None
        if alike is None:
            misses.append(plate)
        else:
            rest.remove(alike)
            judged.append((alike.confidence, True))
            if same is None:
                inexact.append(plate)
    false = tuple(read for rest in given.values() for read in rest)
    judged += [(read.confidence, False) for read in false]
    return Score(
        labelled=len(plates),
        exact=right - len(inexact),
        folded=right,
        duplicates=0,
        false_reads=false,
        misses=tuple(misses),
        judged=tuple(judged),
        inexact=tuple(inexact),
    )


def score_events(events: Sequence[Event], seen: Sequence[Seen]) -> Score:
    """Judge the reads of clips; the first right read of an event is the one that counts."""
    times: Counter[int] = Counter()
    inexact: list[Plate | Event] = []
    false: list[Seen] = []
    judged: list[tuple[float, bool]] = []
    for read in seen:
        hit = next((index for index, event in enumerate(events) if _is_of(read, event)), None)
        if hit is None:
            false.append(read)
            judged.append((read.confidence, False))
            continue
        times[hit] += 1
        if times[hit] == 1 and plain(read.text) != plain(events[hit].text):
            inexact.append(events[hit])
        judged.append((read.confidence, True))
    return Score(
        labelled=len(events),
        exact=len(times) - len(inexact),
        folded=len(times),
        duplicates=sum(count - 1 for count in times.values()),
        false_reads=tuple(false),
        misses=tuple(event for index, event in enumerate(events) if index not in times),
        judged=tuple(judged),
        inexact=tuple(inexact),
    )


def _is_of(read: Seen, event: Event) -> bool:
    return (
        read.file == event.clip
        and folded(read.text) == folded(event.text)
        and read.first_frame <= event.last_frame
        and read.last_frame >= event.first_frame
    )


def wilson(right: int, of: int) -> tuple[float, float]:
    """Return the 95 per cent interval of a rate (Wilson 1927): what the set's size leaves open. Of nothing: 0 to 1."""
    if not of:
        return 0.0, 1.0
    z2 = _NINETY_FIVE_PER_CENT**2
    share = right / of
    centre = (share + z2 / (2 * of)) / (1 + z2 / of)
    reach = _NINETY_FIVE_PER_CENT * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return max(0.0, centre - reach), min(1.0, centre + reach)


def calibration_error(judged: Sequence[tuple[float, bool]]) -> float | None:
    """Return the expected calibration error in ten bins of equal width; None of nothing."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, right in judged:
        bins[min(_BINS - 1, int(confidence * _BINS))].append((confidence, right))
    if not bins:
        return None
    return sum(abs(sum(one for one, _ in held) - sum(right for _, right in held)) for held in bins.values()) / len(
        judged
    )
