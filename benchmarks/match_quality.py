"""How many misread vehicles near matching finds, and how many innocent ones it stops, against edit distance 1.

Misreads are those of `training.recogniser.misreads`: rendered plates of the half of the hold-out that no figure of the
matcher was measured with, made worse until the shipped recogniser misreads them. All their marks are on the list, with
millions of others. False alerts are counted on the same plates as they were rendered, most of them read right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.match_lists import whole_marks
from pipeline.domain.hotlist import HotlistId, HotlistTerms
from pipeline.domain.read import Read
from pipeline.domain.vrm import same_glyphs
from pipeline.match.budget import thresholds_of
from pipeline.match.index import EntryColumns, FlatIndex, build_index
from pipeline.match.instants import OPEN_END, OPEN_START
from pipeline.match.keys import GLYPHS, key_of, keys_of
from pipeline.match.near import near_marks
from pipeline.match.settings import MatchSettings
from training.marks import random_british_mark
from training.recogniser.misreads import Reader, Seen, seen_of, without_doubts

_OTHER_LAYOUTS = 50_000
_FAINTEST = 1e-4
_SIZES = (10_000, 250_000, 1_000_000, 10_000_000)

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """At each threshold: false near hits in 1,000 reads, and the share of misreads whose mark was found."""

    thresholds: Numbers
    false_alerts: Numbers
    recall: Numbers

    def alerts_at(self, recall: float) -> float | None:
        """Return the fewest false alerts with this recall or more; None where no threshold reaches it."""
        reached = np.flatnonzero(self.recall >= recall)
        return float(self.false_alerts[reached[0]]) if len(reached) else None

    def recall_at(self, alerts: float) -> float:
        """Return the highest recall with so many false alerts at most."""
        within = np.flatnonzero(self.false_alerts <= alerts)
        return float(self.recall[within[-1]]) if len(within) else 0.0


def quality(entries: int, picture: Path) -> dict[str, Any]:
    """Return the figures, and draw them."""
    seen = seen_of(Reader(), odd=True)
    reads = [one for one in seen if one.read is not None]
    misread = [one for one in seen if one.misread is not None]
    index = _listed(entries, [one.truth for one in seen])
    told = curve(index, reads, misread)
    stranger = curve(index, [_bare(one) for one in reads], [_bare(one) for one in misread])
    false_edits, found_edits = _edit_distance_one(index, reads, misread)
    draw(picture, told, stranger, (false_edits, found_edits), entries)
    same_recall = told.alerts_at(found_edits)
    return {
        "quality_list_entries": entries,
        "quality_reads": len(reads),
        "quality_misreads": len(misread),
        "edit_distance_1_recall": round(found_edits, 3),
        "edit_distance_1_false_alerts_per_1000": round(false_edits, 2),
        "near_false_alerts_per_1000_at_that_recall": None if same_recall is None else round(same_recall, 2),
        "times_fewer_false_alerts": round(false_edits / max(same_recall, 1e-3), 1) if same_recall is not None else None,
        "near_recall_at_those_false_alerts": round(told.recall_at(false_edits), 3),
        "near_recall_without_doubts_at_those_false_alerts": round(stranger.recall_at(false_edits), 3),
    } | _at_budget(told, entries)


def _at_budget(told: Curve, entries: int) -> dict[str, Any]:
    """Return what the budget of one false near hit in 1,000 reads makes of lists of several sizes.

    False hits are those of the long list in proportion, because a short one has too few to be counted.
    """
    figures = {}
    for size in _SIZES:
        terms = HotlistTerms(hotlist_id=HotlistId("all"), entries=size, near_false_per_1000_reads=1.0)
        threshold = float(thresholds_of([terms], MatchSettings())[0])
        above = told.thresholds >= threshold
        alerts = float(told.false_alerts[above][-1]) if above.any() else 0.0
        figures[f"list_of_{size}_threshold"] = threshold
        figures[f"list_of_{size}_recall"] = round(float(told.recall[above][-1]), 3) if above.any() else 0.0
        figures[f"list_of_{size}_false_alerts_per_1000"] = round(alerts * size / entries, 3)
    return figures


def curve(index: FlatIndex, reads: Sequence[Seen], misread: Sequence[Seen]) -> Curve:
    """Return what every threshold gives."""
    false: list[float] = []
    for one in reads:
        false += [likely for key, likely in _hits(index, one.read).items() if key != key_of(one.truth)]
    found = np.array([_hits(index, one.misread).get(key_of(one.truth), 0.0) for one in misread])
    thresholds = np.unique(np.concatenate([false, found[found > 0], [1.0]]))[::-1]
    return Curve(
        thresholds=thresholds,
        false_alerts=1000 / len(reads) * (np.asarray(false)[None] >= thresholds[:, None]).sum(axis=1),
        recall=(found[None] >= thresholds[:, None]).mean(axis=1),
    )


def _hits(index: FlatIndex, read: Read | None) -> dict[int, float]:
    """Return the keys on the list that the read comes near to, with their likelihoods."""
    if read is None:
        return {}
    near = near_marks(read, _FAINTEST)
    asked, _ = index.positions_of(near.keys)
    hits: dict[int, float] = {}
    for at in asked.tolist():
        key = int(near.keys[at])
        hits[key] = max(hits.get(key, 0.0), float(near.likelihoods[at]))
    return hits


def _edit_distance_one(index: FlatIndex, reads: Sequence[Seen], misread: Sequence[Seen]) -> tuple[float, float]:
    """Return (false alerts in 1,000 reads, recall) of telling every listed mark that differs by one character."""
    false = 0
    for one in reads:
        if one.read is not None:
            keys = _one_away(one.read.vrm) - {key_of(one.truth)}
            false += len(set(index.positions_of(np.array(sorted(keys), np.int64))[0].tolist()))
    found = sum(one.misread is not None and key_of(one.truth) in _one_away(one.misread.vrm) for one in misread)
    return 1000 * false / len(reads), found / len(misread)


def _one_away(vrm: str) -> set[int]:
    shown = same_glyphs(vrm)
    places = range(len(shown) + 1)
    texts = {shown[:at] + one + shown[at + 1 :] for at in places[:-1] for one in GLYPHS}
    texts |= {shown[:at] + shown[at + 1 :] for at in places[:-1]}
    texts |= {shown[:at] + one + shown[at:] for at in places for one in GLYPHS}
    return {key_of(text) for text in texts if text} - {key_of(shown)}


def _bare(seen: Seen) -> Seen:
    """Return the same with reads as another maker's camera gives them."""
    read, misread = (None if one is None else without_doubts(one) for one in (seen.read, seen.misread))
    return replace(seen, read=read, misread=misread)


def _listed(entries: int, truths: Sequence[str]) -> FlatIndex:
    draw = np.random.default_rng(8)
    others = [random_british_mark(draw).text.encode() for _ in range(_OTHER_LAYOUTS)]
    known = np.array([*(truth.encode() for truth in truths), *others], "S16")
    marks = np.concatenate([whole_marks(entries - len(known)), known])
    _, first = np.unique(keys_of(marks), return_index=True)
    marks = marks[first]
    return build_index(
        EntryColumns(
            vrms=marks,
            hotlists=np.zeros(len(marks), np.uint16),
            valid_from=np.full(len(marks), OPEN_START),
            weed_date=np.full(len(marks), OPEN_END),
            listed_at=np.full(len(marks), OPEN_START),
            removed_at=np.full(len(marks), OPEN_END),
        )
    )


def draw(path: Path, told: Curve, stranger: Curve, edits: tuple[float, float], entries: int) -> None:
    """Draw recall over false alerts."""
    import matplotlib

    matplotlib.use("svg" if path.suffix == ".svg" else "agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.5))
    for one, label in ((told, "near, by the read's own doubts"), (stranger, "near, a read without doubts")):
        axes.step(np.maximum(one.false_alerts, 0.5), one.recall, where="post", label=label)
    axes.plot(*edits, "kx", markersize=9, label="edit distance 1")
    axes.set_xscale("log")
    axes.set_xlabel(f"false near hits in 1,000 reads, list of {entries:,} marks")
    axes.set_ylabel("misread vehicles found")
    axes.set_ylim(0, 1)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
