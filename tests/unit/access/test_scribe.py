"""What other stages collected, altered and erased is told to the audit log, as section 62 lists it, and no mark is."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline import bootstrap, bootstrap_access, bootstrap_audit
from pipeline.access.audit.verify import ENTRIES, check_log, entries_of
from pipeline.domain.audit import AuditEvent, Operation
from pipeline.domain.hotlist import HotlistId
from pipeline.errors import Unavailable
from pipeline.match.lists.file import read_list_file
from pipeline.match.lists.loading import LoadRequest, load
from pipeline.match.lists.weeding import weed
from pipeline.settings import Settings
from pipeline.store.files import Files
from pipeline.store.upkeep.erasures import Erasure, record
from tests.support.builders import AT, a_record
from tests.support.clock import ManualClock
from tests.support.lists import TERMS

MARKS = ("AB12CDE", "XY34ZZZ")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(folder=str(tmp_path))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(AT)


def told(settings: Settings, clock: ManualClock) -> list[AuditEvent]:
    """What the log holds once everything was told, which nothing is wrong with."""
    bootstrap_audit.scribe(settings, clock=clock).tell()
    folder = bootstrap_access.audit_folder(settings)
    if not (folder / ENTRIES).exists():
        return []
    check_log(folder, bootstrap_access.public_keys(settings)).require_whole()
    assert not [one for one in MARKS if one.encode() in (folder / ENTRIES).read_bytes()]
    return [one.event for one in entries_of(folder)]


def append(settings: Settings, *numbers: int) -> None:
    with bootstrap.journal(settings) as journal:
        journal.append([a_record(number, vrm=MARKS[0]) for number in numbers])


def load_list(settings: Settings, *lines: str, clock: ManualClock) -> None:
    path = Path(settings.folder) / "list.csv"
    path.write_text("\n".join(("vrm,weed_date", *lines)) + "\n", encoding="utf-8")
    store = bootstrap.hotlist_store(settings)
    request = LoadRequest(by="traffic", of_list=HotlistId("stolen"), terms_if_new=TERMS)
    today = clock.now().date()
    load(store, read_list_file(path, of_list=HotlistId("stolen")), request, least_share=0.5, today=today)
    store.close()


def test_nothing_happened_and_nothing_is_told(settings: Settings, clock: ManualClock) -> None:
    assert told(settings, clock) == []


def test_collection_is_told_by_count_and_period(settings: Settings, clock: ManualClock) -> None:
    append(settings, 1, 2, 3)
    (first,) = told(settings, clock)
    assert (first.operation, first.result_count) == (Operation.COLLECTION, 3)
    assert first.details["offsets"] == "1 to 3"
    append(settings, 4, 5)
    # the hour is not over
    assert len(told(settings, clock)) == 1
    clock.advance(3600)
    _, second = told(settings, clock)
    assert (second.result_count, second.details["from"]) == (2, first.details["to"])
    clock.advance(3600)
    assert len(told(settings, clock)) == 2


def test_a_list_loaded_and_weeded_is_told_with_who_and_how_many(settings: Settings, clock: ManualClock) -> None:
    load_list(settings, f"{MARKS[0]},", f"{MARKS[1]},2026-01-05", clock=clock)
    (altered,) = told(settings, clock)
    assert (altered.operation, altered.person_id) == (Operation.ALTERATION, "traffic")
    assert altered.details["list: stolen"] == "2 added"
    store = bootstrap.hotlist_store(settings)
    weed(store, by="night shift", reason="the clock is right", history_days=0)
    store.close()
    _, erased = told(settings, clock)
    assert (erased.operation, erased.person_id) == (Operation.ERASURE, "night shift")
    assert erased.details["list: stolen"] == "1 erased"
    assert erased.justification == ""


def test_erasure_by_retention_is_told_by_kind_and_count(settings: Settings, clock: ManualClock) -> None:
    erasure = Erasure(
        erasure_id="e1",
        at=AT,
        before=AT - timedelta(days=365),
        because="retention of 12 months",
        counts={"reads": 7, "images": 14},
    )
    record(Files(settings.store.url_in(settings.folder)), erasure)
    (event,) = told(settings, clock)
    assert (event.operation, event.rule, event.result_count) == (Operation.ERASURE, "retention of 12 months", 7)
    assert event.details["gone: images"] == "14"
    assert len(told(settings, clock)) == 1


def test_what_could_not_be_told_is_told_the_next_time(settings: Settings, clock: ManualClock) -> None:
    append(settings, 1)
    scribe = bootstrap_audit.scribe(settings, clock=clock)
    holder = bootstrap_access.audit_log(settings, clock=clock)
    with pytest.raises(Unavailable):
        scribe.tell()
    holder.close()
    assert scribe.tell() == 1
    assert date.fromisoformat(told(settings, clock)[0].details["to"][:10]) == AT.date()
