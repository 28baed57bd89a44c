"""Is the confidence what it says, and where should reads be refused?

The threshold is chosen by the reads of held-out pictures without plates, and only then reported on drawn plates and on
the sets that are measured: nothing is chosen on those. A plate that is read wrongly is no matter of the threshold: the
confidence says how likely that is, and candidates and look-alikes need the read.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from benchmarks.accuracy_scoring import Drawn, Plate, Seen, calibration_error, folded, plain, score_stills
from benchmarks.accuracy_sets import Stills
from benchmarks.accuracy_table import CALIBRATION_GOAL, share

THRESHOLDS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
DETECTOR_THRESHOLDS, READ_THRESHOLDS = (0.4, 0.5, 0.6, 0.7), (0.2, 0.4, 0.6, 0.8)
FALSE_IN_PICTURES, _MARGIN = 1 / 300, 2.0
"""Chosen is the lowest threshold at which at most one read would be given in 300 pictures without plates if all reads
of them were twice as sure: so few pictures do not show the surest. What is shipped may not be lower."""
_CLEAR_WIDTH = 80.0
"""Narrower drawn plates are as often illegible."""
_WIDTHS = (0, 60, 80, 100, 120, 160, 240, 10_000)


def drawn_rows(drawn: Sequence[Drawn]) -> list[dict[str, Any]]:
    """Return how the drawn plates are read and how far confidence is off: all, by width, by lines, and by kind of mark.

    A still picture's confidence claims the very text, so it is judged by the exact text, and the goal is held against
    that. That a text is right but for its spelling is claimed by the sum over the candidates that are spelt alike.
    Confidence judged by the text with 0 and O, and 1 and I, equal is off by what it does not promise.
    """
    groups = {"all": list(drawn)}
    for low, high in pairwise(_WIDTHS):
        groups[f"{_span(low, high)} pixels wide"] = [one for one in drawn if low <= one.width < high]
    groups["one line"] = [one for one in drawn if not one.two_line]
    groups["two lines"] = [one for one in drawn if one.two_line]
    kinds = dict.fromkeys(one.kind for one in drawn)
    groups |= {f"kind: {kind}": [one for one in drawn if one.kind == kind] for kind in kinds}
    return [_drawn_row(name, some, is_goal=name == "all") for name, some in groups.items() if some]


def _drawn_row(name: str, some: Sequence[Drawn], *, is_goal: bool) -> dict[str, Any]:
    read = [(one.text, one.seen) for one in some if one.seen is not None]
    exact = [(seen.confidence, plain(seen.text) == plain(text)) for text, seen in read]
    right = [(seen.confidence, folded(seen.text) == folded(text)) for text, seen in read]
    alike = [(seen.alike, folded(seen.text) == folded(text)) for text, seen in read]
    off = calibration_error(exact) or 0.0
    return {
        "drawn plates": name,
        "plates": len(some),
        "exact": share(sum(true for _, true in exact), len(some)),
        "right": share(sum(true for _, true in right), len(some)),
        "mean confidence": round(sum(sure for sure, _ in exact) / max(1, len(exact)), 3),
        "calibration error of the exact text, which confidence claims": round(off, 3),
        "goal": f"<= {CALIBRATION_GOAL:g}" if is_goal else "",
        "met": ("met" if off <= CALIBRATION_GOAL else "missed") if is_goal else "",
        "of all spellings together, which the candidates claim": round(calibration_error(alike) or 0.0, 3),
        "of the text with 0/O and 1/I equal, which nothing claims": round(calibration_error(right) or 0.0, 3),
    }


def width_rows(name: str, labels: Sequence[Plate], seen: Sequence[Seen]) -> list[dict[str, Any]]:
    """Return how the plates of a set of photos are read by width, each share with its interval: bands are small."""
    rows = []
    for low, high in pairwise(_WIDTHS):
        plates = [plate for plate in labels if plate.box and low <= plate.box[2] < high]
        if not plates:
            continue
        files = {plate.file for plate in plates}
        others = {(plate.file, folded(plate.text)) for plate in labels if plate not in plates}
        reads = [read for read in seen if read.file in files and (read.file, folded(read.text)) not in others]
        score = score_stills(plates, reads)
        rows.append(
            {
                "set": name,
                "pixels wide": _span(low, high),
                "plates": score.labelled,
                "right": share(score.folded, score.labelled),
                "exact": share(score.exact, score.labelled),
                "false reads": len(score.false_reads),
            }
        )
    return rows


def _span(low: int, high: int) -> str:
    return f"{low} or more" if high == _WIDTHS[-1] else f"{low}-{high - 1}"


def threshold_rows(
    drawn: Sequence[Drawn], sets: Sequence[tuple[Stills, Sequence[Seen]]]
) -> tuple[float | None, list[dict[str, Any]]]:
    """Return the chosen threshold (None: none will do) and what every threshold gives."""
    rows, chosen = [], None
    clear = [(one.text, one.seen) for one in drawn if one.width >= _CLEAR_WIDTH]
    for threshold in THRESHOLDS:
        reads = [(text, seen) for text, seen in clear if seen is not None and seen.confidence >= threshold]
        right = sum(folded(text) == folded(seen.text) for text, seen in reads)
        wrong_share = (len(reads) - right) / max(1, len(clear))
        row: dict[str, Any] = {
            "minimum confidence": threshold,
            "drawn: right": round(right / max(1, len(clear)), 3),
            "drawn: wrong": round(wrong_share, 4),
        }
        background_share = 0.0
        for stills, seen in sets:
            kept = [read for read in seen if read.confidence >= threshold]
            score = score_stills(stills.labels, kept)
            if stills.labels:
                row[f"{stills.name}: right"] = f"{score.folded}/{score.labelled}"
            else:
                sure = [read for read in seen if read.confidence * _MARGIN >= threshold]
                background_share = len(sure) / max(1, len(stills.files))
            row[f"{stills.name}: false"] = len(score.false_reads)
        rows.append(row)
        if chosen is None and background_share <= FALSE_IN_PICTURES:
            chosen = threshold
    return chosen, rows


def joint_rows(
    held_out: Sequence[tuple[float, float]], sets: Sequence[tuple[Stills, Sequence[Seen]]]
) -> list[dict[str, Any]]:
    """Return what thresholds of detector and recogniser together give; `held_out` is what `read_held_out` returns.

    Raising the detector's is not quite the same as leaving finds out afterwards: an image left without any would be
    searched again at a larger size.
    """
    rows = []
    for least_found in DETECTOR_THRESHOLDS:
        for least_read in READ_THRESHOLDS:
            passed = sum(found >= least_found and read >= least_read for found, read in held_out)
            row: dict[str, Any] = {
                "detector": least_found,
                "recogniser": least_read,
                "real plates held out from the detector, given a read": f"{passed}/{len(held_out)}",
            }
            for stills, seen in sets:
                kept = [one for one in seen if one.found >= least_found and one.confidence >= least_read]
                score = score_stills(stills.labels, kept)
                false = f"{len(score.false_reads)} false"
                row[stills.name] = f"{score.folded}/{score.labelled}, {false}" if stills.labels else false
            rows.append(row)
    return rows
