"""The promise: a list that is loaded counts for the next read, a weeded entry for none; in process and on Ray alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.domain.hotlist import HitKind
from pipeline.match.lists.weeding import weed
from tests.support.hotlist_runs import InProcess, OnRay, Station, patiently

# longer than it has patience
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(params=[InProcess, OnRay], ids=["in process", "on Ray"], scope="module")
def station(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    station = Station(tmp_path_factory.mktemp("station"), request.param)
    yield station
    station.close()


@pytest.mark.slow
def test_a_list_loaded_while_the_system_runs_counts_until_it_says_otherwise(station: Station) -> None:
    assert station.hits_of("AB12CDE", revision=0) == []

    full = station.load("AB12CDE,stolen", "XY34ZZZ,no insurance")
    (hit,) = station.hits_of("AB12CDE", revision=full.sequence)
    assert (hit.kind, hit.voi.reason, hit.hotlist_revision) == (HitKind.EXACT, "stolen", str(full.sequence))
    assert hit.voi.owner == "traffic desk"

    delta = station.load("AB12CDE,found,remove", "NE11NEW,stolen,put", header="vrm,reason,change", base=1)
    assert station.hits_of("AB12CDE", revision=delta.sequence) == []
    assert [hit.voi.vrm for hit in station.hits_of("NE11NEW", revision=delta.sequence)] == ["NE11NEW"]
    assert [hit.voi.vrm for hit in station.hits_of("XY34ZZZ", revision=delta.sequence)] == ["XY34ZZZ"]

    soon = datetime.now(UTC) + timedelta(seconds=5)
    dated = station.load(f"DA11DAY,for a moment,{soon.isoformat()}", header="vrm,reason,weed_date", base=2)
    found = [hit.voi.vrm for hit in station.hits_of("DA11DAY", revision=dated.sequence)]
    # which side of that instant the match was on is certain only when it is not yet over afterwards
    assert found == ["DA11DAY"] or datetime.now(UTC) >= soon
    patiently(lambda: datetime.now(UTC) >= soon)
    # at that instant, with no new revision and nothing weeded yet
    assert station.hits_of("DA11DAY", revision=dated.sequence) == []

    weed(station.store, by="tester", reason="", history_days=365)
    weeded = station.store.head().sequence
    assert weeded == dated.sequence + 1
    assert station.hits_of("DA11DAY", revision=weeded) == []
    assert len(station.hits_of("NE11NEW", revision=weeded)) == 1


@pytest.mark.slow
def test_a_partial_entry_counts_and_is_told_as_such(station: Station) -> None:
    revision = station.store.head().lists[0].revision
    loaded = station.load("PA1?*,seen in part", base=revision)
    (hit,) = station.hits_of("PA17XYX", revision=loaded.sequence)
    assert (hit.kind, hit.voi.vrm) == (HitKind.PARTIAL, "PA1?*")
