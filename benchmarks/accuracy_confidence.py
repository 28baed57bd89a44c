"""Is the confidence what it says, and where should reads be refused?

The threshold is chosen on drawn plates that no training saw and on the held-out pictures without plates, and only then
reported on the sets that are measured: nothing is chosen on those.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from benchmarks.accuracy_scoring import Plate, Seen, calibration_error, folded, plain, score_stills
from benchmarks.accuracy_sets import Stills

THRESHOLDS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
DETECTOR_THRESHOLDS, READ_THRESHOLDS = (0.4, 0.5, 0.6, 0.7), (0.2, 0.4, 0.6, 0.8)
WRONG_IN_PLATES, FALSE_IN_PICTURES = 1 / 50, 1 / 300
_CLEAR_WIDTH = 80.0
"""Chosen is the lowest threshold at which at most one drawn plate in 50 that is at least this many pixels wide is read
wrongly, and at most one read is given in 300 pictures without plates. Narrower drawn plates are as often illegible."""
_WIDTHS = (0, 60, 80, 100, 120, 160, 240, 10_000)
_ENOUGH = 20
Drawn = Sequence[tuple[str, Seen | None, float]]


def drawn_rows(drawn: Drawn) -> list[dict[str, Any]]:
    """Return how the drawn plates are read and how far confidence is off, for all and by width of the plate.

    A still picture's confidence is that of the very text, so it is judged by the exact text too. The probability that
    the text is right but for its spelling is the sum over the candidates that are spelt alike.
    """
    spans = [(0, 10_000), *pairwise(_WIDTHS)]
    rows = []
    for low, high in spans:
        some = [(text, seen) for text, seen, width in drawn if low <= width < high]
        if len(some) < _ENOUGH:
            continue
        judged = [(seen.confidence, folded(seen.text) == folded(text)) for text, seen in some if seen is not None]
        strictly = [(seen.confidence, plain(seen.text) == plain(text)) for text, seen in some if seen is not None]
        alike = [(seen.alike, folded(seen.text) == folded(text)) for text, seen in some if seen is not None]
        rows.append(
            {
                "drawn plates, pixels wide": "all" if (low, high) == (0, 10_000) else f"{low}-{high - 1}",
                "plates": len(some),
                "right": round(sum(right for _, right in judged) / len(some), 3),
                "exact": round(sum(right for _, right in strictly) / len(some), 3),
                "mean confidence": round(sum(sure for sure, _ in judged) / max(1, len(judged)), 3),
                "calibration error": round(calibration_error(judged) or 0.0, 3),
                "calibration error, exact": round(calibration_error(strictly) or 0.0, 3),
                "calibration error, spellings together": round(calibration_error(alike) or 0.0, 3),
            }
        )
    return rows


def width_rows(name: str, labels: Sequence[Plate], seen: Sequence[Seen]) -> list[dict[str, Any]]:
    """Return the same of a set of photos, by width, where there are plates enough."""
    rows = []
    for low, high in pairwise(_WIDTHS):
        plates = [plate for plate in labels if plate.box and low <= plate.box[2] < high]
        if len(plates) < _ENOUGH:
            continue
        files = {plate.file for plate in plates}
        score = score_stills(plates, [read for read in seen if read.file in files])
        rows.append(
            {
                "set": name,
                "pixels wide": f"{low}-{high - 1}",
                "plates": score.labelled,
                "right": score.folded,
                "exact": score.exact,
                "false reads": len(score.false_reads),
                "calibration error": round(calibration_error(score.judged) or 0.0, 3),
            }
        )
    return rows


def threshold_rows(
    drawn: Drawn, sets: Sequence[tuple[Stills, Sequence[Seen]]]
) -> tuple[float | None, list[dict[str, Any]]]:
    """Return the chosen threshold (None: none will do) and what every threshold gives."""
    rows, chosen = [], None
    clear = [(text, seen) for text, seen, width in drawn if width >= _CLEAR_WIDTH]
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
                background_share = len(kept) / max(1, len(stills.files))
            row[f"{stills.name}: false"] = len(score.false_reads)
        rows.append(row)
        if chosen is None and wrong_share <= WRONG_IN_PLATES and background_share <= FALSE_IN_PICTURES:
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
