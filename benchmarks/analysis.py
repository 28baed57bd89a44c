"""How much of what was planted in made-up traffic do the analyses find, and how much do they cry wolf?

`python -m benchmarks.analysis` plants convoys, clones, series of incidents and silent cameras in a month of a town's
traffic (`benchmarks/traffic.py`), runs each analysis and its baseline on the same reads, and reports precision and
recall of both at the threshold of the documentation, and the baseline's precision at the same recall.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from benchmarks.harness import publish
from benchmarks.traffic import LARGE, SMALL, Traffic, traffic
from pipeline.analyse.clones import clones
from pipeline.analyse.columns import ReadColumns, columns_of
from pipeline.analyse.convoy import Companion, convoy
from pipeline.analyse.flow import Silence, gaps, silences
from pipeline.analyse.incidents import common_to
from pipeline.analyse.journeys import journeys

CONVOY_SCORE = 5.0
CLONE_PROBABILITY = 0.5
COMMON_SCORE = 4.0
_SEEDS = (11, 12, 13)
Ranked = list[tuple[float, bool]]
"""Everything found, by its score: whether it was planted."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="the size of the tests")
    small = parser.parse_args().small
    publish("analysis", measured([traffic(SMALL if small else LARGE, seed) for seed in _SEEDS]))


def measured(several: Iterable[Traffic]) -> dict[str, Any]:
    parts: dict[str, list[Any]] = {}
    reads = 0
    began = time.process_time()
    for one in several:
        columns = columns_of(one.reads)
        reads += len(columns)
        for name, value in scored(one, columns).items():
            parts.setdefault(name, []).append(value)
    figures: dict[str, Any] = {"towns": len(_SEEDS), "reads": reads}
    for name in ("convoy", "clone", "common"):
        planted = sum(parts[f"{name}_planted"])
        scores: Ranked = [pair for several_pairs in parts[f"{name}_scores"] for pair in several_pairs]
        plain: Ranked = [pair for several_pairs in parts[f"{name}_plain"] for pair in several_pairs]
        threshold = {"convoy": CONVOY_SCORE, "clone": CLONE_PROBABILITY, "common": COMMON_SCORE}[name]
        precision, recall = at_threshold(scores, planted, threshold)
        figures |= {
            f"{name}_planted": planted,
            f"{name}_precision": round(precision, 3),
            f"{name}_recall": round(recall, 3),
            f"{name}_baseline_precision_at_same_recall": round(precision_at(plain, planted, recall), 3),
            f"{name}_average_precision": round(average_precision(scores, planted), 3),
            f"{name}_baseline_average_precision": round(average_precision(plain, planted), 3),
        }
    for name in ("silence", "silence_baseline"):
        right, found, planted, met = (sum(values) for values in zip(*parts[name], strict=True))
        figures |= {
            f"{name}_precision": round(right / max(1, found), 3),
            f"{name}_recall": round(met / planted, 3),
        }
    legs, implausible = (sum(values) for values in zip(*parts["legs"], strict=True))
    figures["journey_legs"] = legs
    figures["journey_legs_implausible_share"] = round(implausible / legs, 5)
    figures["cpu_seconds"] = round(time.process_time() - began, 1)
    return figures


def scored(town: Traffic, reads: ReadColumns) -> dict[str, Any]:
    """Return scores and truths of one town."""
    companions = [(target, one) for target in town.convoys for one in convoy(near(reads, target), target)]
    marked = clones(reads)
    series = [(vehicle, one) for incidents, vehicle in town.series for one in common_to(reads, incidents)]
    quiet = silences(reads, town.begin, town.end)
    baseline = gaps(reads, town.begin, town.end, longest_minutes=60)
    return {
        "convoy_planted": sum(len(others) for others in town.convoys.values()),
        "convoy_scores": [(one.score, _is_planted(town, target, one)) for target, one in companions],
        "convoy_plain": [(float(one.reads_together), _is_planted(town, target, one)) for target, one in companions],
        "clone_planted": len(town.clones),
        "clone_scores": [(one.probability, one.vrm in town.clones) for one in marked],
        "clone_plain": [(float(len(one.conflicts)), one.vrm in town.clones) for one in marked],
        "common_planted": len(town.series),
        "common_scores": [(one.score, one.vrm == vehicle) for vehicle, one in series],
        "common_plain": [(len(one.incidents) + one.reads / 1000, one.vrm == vehicle) for vehicle, one in series],
        "silence": _met(town, quiet),
        "silence_baseline": _met(town, baseline),
        "legs": _legs(reads, list(town.convoys)),
    }


def near(reads: ReadColumns, target: str) -> ReadColumns:
    """Return the reads of the cameras that read `target`: what a search for a convoy would ask for."""
    mine = np.unique(reads.camera[reads.vehicle == reads.vrms.index(target)])  # type: ignore[arg-type]
    return reads.at(np.flatnonzero(np.isin(reads.camera, mine)))


def at_threshold(ranked: Ranked, planted: int, threshold: float) -> tuple[float, float]:
    """Return precision and recall of what scores `threshold` or more."""
    taken = [right for score, right in ranked if score >= threshold]
    return sum(taken) / max(1, len(taken)), sum(taken) / planted


def precision_at(ranked: Ranked, planted: int, recall: float) -> float:
    """Return the best precision at a threshold that finds at least `recall`; 0 when none does."""
    return max((precision for precision, found in _curve(ranked, planted) if found >= recall - 1e-9), default=0.0)


def average_precision(ranked: Ranked, planted: int) -> float:
    """Return the area under precision over recall; equal scores count as one step."""
    area, before = 0.0, 0.0
    for precision, recall in _curve(ranked, planted):
        area += precision * (recall - before)
        before = recall
    return area


def _curve(ranked: Ranked, planted: int) -> list[tuple[float, float]]:
    if not ranked:
        return []
    scores = np.array([score for score, _ in ranked])
    rights = np.array([right for _, right in ranked], bool)
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(rights[order])
    ends = np.append(np.flatnonzero(np.diff(scores[order]) != 0), len(order) - 1)
    return [(float(hits[at] / (at + 1)), float(hits[at] / planted)) for at in ends]


def _is_planted(town: Traffic, target: Any, companion: Companion) -> bool:
    return companion.vrm in town.convoys[target]


def _met(town: Traffic, found: Sequence[Silence]) -> tuple[int, int, int, int]:
    """Return how many found silences are planted ones by half, how many there are, planted ones, and those found."""
    right, met = 0, set()
    for one in found:
        for at, (camera, begin, end) in enumerate(town.silences):
            common = min(one.end, end) - max(one.begin, begin)
            if one.camera == camera and common >= (end - begin) / 2:
                right += 1
                met.add(at)
    return right, len(found), len(town.silences), len(met)


def _legs(reads: ReadColumns, vehicles: list[Any]) -> tuple[int, int]:
    legs = [leg for one in vehicles for journey in journeys(reads.of(one)) for leg in journey.legs]
    return len(legs), sum(not leg.plausible for leg in legs)


if __name__ == "__main__":
    main()
