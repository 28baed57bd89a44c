"""What happens to a package after it was made is in its custody, or it does not happen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.access.evidence.keeping import Step
from pipeline.access.evidence.verify import CUSTODY, check, files_of
from pipeline.errors import AccessDenied, IntegrityError, Unavailable
from tests.unit.access.evidence.exhibits import EXHIBITOR, KEY_HEX, RECIPIENT, Station, largest_file
from tests.unit.access.stand import ASKER


@pytest.fixture
def station() -> Station:
    return Station()


@pytest.mark.parametrize("name", ["package", "package.zip"])
def test_custody_goes_on_and_still_verifies(station: Station, tmp_path: Path, name: str) -> None:
    station.export(tmp_path / name)
    before = files_of(tmp_path / name)[0]
    (tmp_path / "MG 11 (draft)<b>.txt").write_text("statement of the officer")
    station.custodian.record(tmp_path / name, Step.OPENED, EXHIBITOR, note="to prepare the hearing")
    station.custodian.record(tmp_path / name, Step.HANDED_OVER, EXHIBITOR, recipient="Testshire Crown Court")
    added = station.custodian.add(tmp_path / name, tmp_path / "MG 11 (draft)<b>.txt", EXHIBITOR)
    after, wrong = files_of(tmp_path / name)
    assert wrong == []
    checked = check(after, [KEY_HEX])
    assert checked.faults == []
    assert [one["event"]["recipient"] for one in checked.entries] == [RECIPIENT, "", "Testshire Crown Court", ""]
    assert checked.newest == added.digest
    assert after["additions/0004-MG-11-draft-b-.txt"] == b"statement of the officer"
    assert after[CUSTODY].startswith(before[CUSTODY])
    assert {one: after[one] for one in before if one != CUSTODY} == {
        one: content for one, content in before.items() if one != CUSTODY
    }
    assert station.audit.entries[-1].event.details["custody"] == added.digest


def test_nothing_is_signed_over_a_package_that_is_not_whole(station: Station, tmp_path: Path) -> None:
    station.export(tmp_path / "package")
    (tmp_path / "package" / "reads" / "0001" / "patch.jpg").write_bytes(b"another")
    entries = len(station.audit.entries)
    with pytest.raises(IntegrityError, match=r"reads/0001/patch.jpg: is not what it was"):
        station.custodian.record(tmp_path / "package", Step.OPENED, EXHIBITOR)
    assert len(station.audit.entries) == entries


@pytest.mark.parametrize("name", ["package", "package.zip"])
def test_a_step_that_cannot_be_kept_changes_nothing(station: Station, tmp_path: Path, name: str) -> None:
    station.export(tmp_path / name)
    before = files_of(tmp_path / name)[0]
    (tmp_path / "notes").write_bytes(b"n" * 50)
    full = len(station.audit.entries)
    station.audit.room = full
    with pytest.raises(Unavailable, match="audit log"):
        station.custodian.add(tmp_path / name, tmp_path / "notes", EXHIBITOR)
    assert files_of(tmp_path / name)[0] == before
    station.audit.room = 1000
    for size in (0, 20, 100, len(before[CUSTODY]) + 10):
        with largest_file(size), pytest.raises(Unavailable, match="cannot be written"):
            station.custodian.add(tmp_path / name, tmp_path / "notes", EXHIBITOR)
        assert files_of(tmp_path / name) == (before, [])
        assert station.audit.told[-1] == ("alteration", "failed")


def test_an_addition_that_a_crash_broke_off_is_ended_by_adding_it_again(station: Station, tmp_path: Path) -> None:
    station.export(tmp_path / "package")
    (tmp_path / "notes.txt").write_bytes(b"notes")
    (tmp_path / "package" / "additions").mkdir()
    (tmp_path / "package" / "additions" / "0002-notes.txt").write_bytes(b"notes")
    with pytest.raises(IntegrityError, match=r"0002-notes.txt: does not belong"):
        station.custodian.record(tmp_path / "package", Step.OPENED, EXHIBITOR)
    station.custodian.add(tmp_path / "package", tmp_path / "notes.txt", EXHIBITOR)
    assert check(files_of(tmp_path / "package")[0], [KEY_HEX]).faults == []


@pytest.mark.parametrize("person", [ASKER, replace(EXHIBITOR, suspended=True)])
def test_strangers_to_exhibits_keep_none(station: Station, tmp_path: Path, person: object) -> None:
    station.export(tmp_path / "package")
    with pytest.raises(AccessDenied):
        station.custodian.record(tmp_path / "package", Step.OPENED, person)  # type: ignore[arg-type]
