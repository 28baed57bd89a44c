"""What the analyses promise: their worked examples, planted cases in made-up traffic, and the awkward inputs."""

from __future__ import annotations

import doctest
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pytest

from benchmarks.analysis import average_precision, measured, near, precision_at
from benchmarks.traffic import SMALL, Traffic, traffic
from pipeline.analyse import chance, clones, columns, convoy, flow, incidents, journeys, seen
from pipeline.analyse.columns import ReadColumns, columns_of
from pipeline.domain.vrm import Vrm
from pipeline.errors import BadInput

MODULES = (chance, clones, convoy, flow, incidents, journeys, seen)
BEGIN = datetime(2026, 1, 5, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def town() -> Traffic:
    return traffic(SMALL, seed=21)


@pytest.fixture(scope="module")
def reads(town: Traffic) -> ReadColumns:
    return columns_of(town.reads)


@pytest.mark.parametrize("module", MODULES, ids=lambda one: one.__name__.rsplit(".", 1)[-1])
def test_the_worked_examples_are_true(module: ModuleType) -> None:
    tried = doctest.testmod(module)
    assert tried.attempted > 0
    assert tried.failed == 0


def test_convoy_is_more_precise_than_counting_at_the_same_recall(town: Traffic, reads: ReadColumns) -> None:
    planted = sum(len(others) for others in town.convoys.values())
    scores, counts = [], []
    for target, others in town.convoys.items():
        for one in convoy.convoy(near(reads, target), target):
            scores.append((one.score, one.vrm in others))
            counts.append((float(one.reads_together), one.vrm in others))
    assert planted >= 8
    assert average_precision(scores, planted) > average_precision(counts, planted)
    assert precision_at(scores, planted, 0.8) > precision_at(counts, planted, 0.8)


def test_clones_are_found_and_misreads_are_not_taken_for_them(town: Traffic, reads: ReadColumns) -> None:
    found = clones.clones(reads)
    likely = {one.vrm for one in found if one.probability >= 0.5}
    assert len(likely & town.clones) >= 0.6 * len(town.clones)
    assert likely <= town.clones
    assert {one.vrm for one in found} - town.clones, "the traffic must hold misreads that look like clones"


def test_silent_cameras_are_found_and_quiet_nights_are_not(town: Traffic, reads: ReadColumns) -> None:
    found = flow.silences(reads, town.begin, town.end)
    assert {one.camera for one in found} == {camera for camera, _, _ in town.silences}
    assert len(flow.gaps(reads, town.begin, town.end, longest_minutes=60)) > 10 * len(found)


def test_the_vehicle_of_a_series_is_among_the_first_common_ones(town: Traffic, reads: ReadColumns) -> None:
    for series, vehicle in town.series:
        first = [one.vrm for one in incidents.common_to(reads, series)[:10]]
        assert vehicle in first


def test_every_planted_target_has_journeys_at_plausible_speeds(town: Traffic, reads: ReadColumns) -> None:
    legs = [leg for vrm in town.convoys for journey in journeys.journeys(reads.of(vrm)) for leg in journey.legs]
    assert len(legs) > 100
    assert sum(not leg.plausible for leg in legs) < 0.05 * len(legs)


def test_the_same_seed_is_the_same_traffic() -> None:
    tiny = replace(SMALL, vehicles=200, days=3, convoys=2, clones=1)
    one, again, other = (traffic(tiny, seed=seed) for seed in (21, 21, 22))
    assert one.reads.equals(again.reads)
    assert one.convoys == again.convoys
    assert not one.reads.equals(other.reads)


def test_the_report_has_every_figure(town: Traffic) -> None:
    figures = measured([town])
    assert {"convoy_recall", "clone_precision", "common_average_precision", "silence_recall"} <= set(figures)


def test_nothing_read_is_nothing_found() -> None:
    none = columns_of({name: [] for name in ("vrm", "camera_id", "latitude", "longitude", "probability")}
                      | {"captured_at": pa.array([], pa.timestamp("us", tz="UTC"))})  # fmt: skip
    later = BEGIN + timedelta(days=1)
    assert journeys.journeys(none) == []
    assert convoy.convoy(none, Vrm("AB12CDE")) == []
    assert clones.clones(none) == []
    assert incidents.common_to(none, []) == []
    assert seen.first_and_last_seen(none) == []
    assert flow.silences(none, BEGIN, later) == []


def test_reads_without_a_place_have_a_time_but_no_speed() -> None:
    places = {"latitude": pa.array([51.0, None, 52.0]), "longitude": pa.array([0.5, None, 0.5])}
    some = columns_of(
        {"vrm": ["AB12CDE"] * 3, "camera_id": ["a", "b", "c"], "probability": [0.9] * 3, **places}
        | {"captured_at": [BEGIN + timedelta(minutes=one) for one in (0, 1, 2)]}
    )
    (journey,) = journeys.journeys(some)
    assert [(leg.kmh, leg.plausible) for leg in journey.legs] == [(None, True), (None, True)]
    (clone,) = clones.clones(some)
    assert len(clone.conflicts) == 1


def test_a_table_without_its_columns_is_refused() -> None:
    with pytest.raises(BadInput, match="captured_at"):
        columns_of({"vrm": ["AB12CDE"]})
    with pytest.raises(BadInput, match="begins before"):
        flow.camera_flow(columns_of(pa.table({name: [] for name in columns._NEEDED})), BEGIN, BEGIN)
    with pytest.raises(BadInput, match="incident"):
        incidents.Incident(name="one", cameras=frozenset(), begin=BEGIN, end=BEGIN + timedelta(1))


def test_every_analysis_can_be_drawn(town: Traffic, reads: ReadColumns, tmp_path: Path) -> None:
    draw = pytest.importorskip("pipeline.analyse.draw", reason="drawing needs matplotlib, which is optional")
    target = max(town.convoys, key=lambda one: len(town.convoys[one]))
    (clone, *_) = clones.clones(reads)
    series, _ = town.series[0]
    draw.draw_journeys(reads.of(target), tmp_path / "journeys.png")
    draw.draw_convoy(convoy.convoy(near(reads, target), target), tmp_path / "convoy.png")
    draw.draw_clone(reads, clone, tmp_path / "clone.png")
    draw.draw_common(incidents.common_to(reads, series), tmp_path / "common.png")
    draw.draw_seen(seen.first_and_last_seen(reads), tmp_path / "seen.png")
    quiet = flow.silences(reads, town.begin, town.end)
    draw.draw_flow(flow.camera_flow(reads, town.begin, town.end), quiet, tmp_path / "flow.png")
    pictures = sorted(tmp_path.glob("*.png"))
    assert len(pictures) == 6
    assert all(one.read_bytes().startswith(b"\x89PNG") for one in pictures)
