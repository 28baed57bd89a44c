"""The rows of the accuracy table: every set, kind and reader, with the goal beside the figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.accuracy_scoring import Plate, Score, Seen, calibration_error, score_stills, wilson

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What is wanted of a set: least shares, and most false reads for each labelled plate or picture."""

    folded: float | None = None
    exact: float | None = None
    false_share: float | None = None


GOALS = {
    "uk_photos": Goal(folded=0.98, exact=0.95, false_share=1 / 50),
    "gb_crops: gb and gb-cherished": Goal(folded=0.97),
    "eu_photos": Goal(folded=0.97),
    "nl_video": Goal(folded=0.97, false_share=0.03),
    "backgrounds": Goal(false_share=1 / 300),
}
PHOTO_GOAL_MILLISECONDS = 15.0
CALIBRATION_GOAL = 0.03
_GOAL_KINDS = {"gb", "gb-cherished"}


def row_of(name: str, reader: str, score: Score, pictures: int) -> Row:
    """Return the row of a set of `pictures` pictures (or clips) for one reader."""
    goal = GOALS.get(name, Goal())
    false = len(score.false_reads) + score.duplicates
    of = score.labelled or pictures
    return {
        "set": name,
        "reader": reader,
        "plates": score.labelled,
        "pictures": pictures,
        "right": share(score.folded, score.labelled),
        "exact": share(score.exact, score.labelled),
        "false reads": len(score.false_reads),
        "duplicates": score.duplicates,
        "false and duplicate share": share(false, of),
        "calibration error": _rounded(calibration_error(score.judged)),
        "goal": _goal_text(goal),
        "met": _met(goal, score, false / of if of else 0.0),
    }


def rows_of_crops(labels: Sequence[Plate], seen: Sequence[Seen], reader: str) -> list[Row]:
    """Return the rows of the crops: all, those the goal counts, and each kind."""
    kinds = sorted({plate.kind for plate in labels})
    groups = [("gb_crops: all", set(kinds)), ("gb_crops: gb and gb-cherished", _GOAL_KINDS)]
    groups += [(f"gb_crops: {kind}", {kind}) for kind in kinds]
    rows = []
    for name, wanted in groups:
        plates = [plate for plate in labels if plate.kind in wanted]
        files = {plate.file for plate in plates}
        score = score_stills(plates, [read for read in seen if read.file in files])
        rows.append(row_of(name, reader, score, len(files)))
    return rows


def speed_row(reader: str, milliseconds: Sequence[float]) -> Row:
    """Return the row of the time for one photo."""
    ordered = sorted(milliseconds)
    median = ordered[len(ordered) // 2]
    return {
        "reader": reader,
        "photos timed": len(ordered),
        "median ms": round(median, 1),
        "p95 ms": round(ordered[int(0.95 * (len(ordered) - 1))], 1),
        "goal": f"<= {PHOTO_GOAL_MILLISECONDS:g} ms",
        "met": "met" if median <= PHOTO_GOAL_MILLISECONDS else "missed",
    }


def share(count: int, of: int) -> str:
    """Return a count of `of`, with its share and that share's 95 per cent interval; nothing of nothing."""
    if not of:
        return ""
    low, high = wilson(count, of)
    return f"{count}/{of} = {count / of:.1%} ({low:.0%}-{high:.0%})" if count <= of else f"{count}/{of}"


def printed(rows: Sequence[Row]) -> str:
    """Return the rows as a table for a terminal."""
    heads = list(rows[0])
    cells = [heads, *([str(row[head]) for head in heads] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(heads))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells)


def _rounded(value: float | None) -> float | str:
    return "" if value is None else round(value, 3)


def _goal_text(goal: Goal) -> str:
    wanted = []
    if goal.folded is not None:
        wanted.append(f"right >= {goal.folded:.0%}")
    if goal.exact is not None:
        wanted.append(f"exact >= {goal.exact:.0%}")
    if goal.false_share is not None:
        wanted.append(f"false <= {goal.false_share:.1%}")
    return ", ".join(wanted)


def _met(goal: Goal, score: Score, false_share: float) -> str:
    """Say whether the figure of this set meets the goal; the interval beside it says what that is worth."""
    faults = []
    if goal.folded is not None and score.folded < goal.folded * score.labelled:
        faults.append("right")
    if goal.exact is not None and score.exact < goal.exact * score.labelled:
        faults.append("exact")
    if goal.false_share is not None and false_share > goal.false_share:
        faults.append("false")
    if goal == Goal():
        return ""
    return f"missed ({', '.join(faults)})" if faults else "met"
