"""Where a camera stood at any instant is known, and only to who may know it."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.access.cameras.lookup import CameraLookup
from pipeline.domain.audit import Operation
from pipeline.domain.camera import CameraKind
from pipeline.domain.plate import CameraId
from pipeline.errors import AccessDenied, BadInput, IntegrityError, NotFound, OutOfTurn, Unavailable
from tests.unit.access.cameras.office import AUTHOR, DECIDER, GATE, HERE, THERE, UNIT, Office
from tests.unit.access.stand import NOW

HOUR = timedelta(hours=1)


def entered(office: Office) -> None:
    office.register.add(GATE, CameraKind.FIXED, "north", HERE, by=AUTHOR, reason="new camera")


def test_a_camera_is_where_it_was_at_every_instant(office: Office) -> None:
    entered(office)
    office.clock.pass_(7200)
    office.register.move(GATE, THERE, by=AUTHOR, reason="rebuilt", area="south", since=NOW + HOUR)
    assert office.register.placed(GATE).location == THERE
    assert office.register.placed(GATE, NOW + HOUR).location == THERE
    assert office.register.placed(GATE, NOW + HOUR - timedelta(microseconds=1)).location == HERE
    assert office.register.camera(GATE, NOW).area == "north"
    assert [one.area for one in office.register.history(GATE)] == ["north", "south"]
    with pytest.raises(NotFound):
        office.register.placed(GATE, NOW - HOUR)


def test_a_late_correction_counts_for_its_time_and_keeps_what_was_believed(office: Office) -> None:
    entered(office)
    office.clock.pass_(3600)
    office.register.move(GATE, THERE, by=AUTHOR, reason="it never stood there", since=NOW)
    assert office.register.placed(GATE, NOW).location == THERE
    assert len(office.register.history(GATE)) == 2


def test_neither_files_nor_log_nor_messages_tell_a_place(
    office: Office, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    entered(office)
    office.clock.pass_(60)
    office.register.move(GATE, THERE, by=AUTHOR, reason="rebuilt")
    with pytest.raises(OutOfTurn) as again:
        entered(office)
    told = json.dumps([dict(event.details) for event in office.audit.events]) + caplog.text + str(again.value)
    content = b"".join(file.read_bytes() for file in tmp_path.glob("cameras.sqlite*"))
    for place in (HERE, THERE):
        for degrees in (place.latitude, place.longitude):
            assert str(degrees)[:6] not in told
            assert str(degrees)[:6].encode() not in content
    assert "sealed place, SHA-256" in told


def test_who_looks_at_a_place_needs_the_permission_and_is_recorded_first(office: Office) -> None:
    entered(office)
    with pytest.raises(AccessDenied):
        office.register.told(GATE, by=AUTHOR, reason="curious")
    with pytest.raises(AccessDenied):
        office.register.told(GATE, by=replace(DECIDER, suspended=True), reason="curious")
    assert office.register.told(GATE, by=DECIDER, reason="an exhibit needs it").location == HERE
    assert office.audit.events[-1].operation is Operation.CONSULTATION
    office.audit.room = len(office.audit.events)
    with pytest.raises(Unavailable):
        office.register.told(GATE, by=DECIDER, reason="an exhibit needs it")


def test_nothing_is_entered_that_cannot_be_recorded(office: Office) -> None:
    office.audit.room = 0
    with pytest.raises(Unavailable):
        entered(office)
    assert office.register.everything() == []


def test_only_who_has_the_permission_changes_the_register(office: Office) -> None:
    for nobody in (replace(AUTHOR, permissions=frozenset()), replace(AUTHOR, suspended=True)):
        with pytest.raises(AccessDenied):
            office.register.add(GATE, CameraKind.FIXED, "north", HERE, by=nobody, reason="new")
        with pytest.raises(AccessDenied):
            office.register.renew_key(by=nobody, reason="new")


@pytest.mark.parametrize(("kind", "place"), [(CameraKind.MOBILE, HERE), (CameraKind.FIXED, None)])
def test_all_but_mobile_cameras_have_a_place(office: Office, kind: CameraKind, place: object) -> None:
    with pytest.raises(BadInput):
        office.register.add(GATE, kind, "north", place, by=AUTHOR, reason="new")  # type: ignore[arg-type]


def test_a_mobile_camera_is_not_moved_and_no_camera_moves_in_the_future(office: Office) -> None:
    office.register.add(UNIT, CameraKind.MOBILE, "the county", None, by=AUTHOR, reason="new car")
    entered(office)
    with pytest.raises(BadInput):
        office.register.move(UNIT, HERE, by=AUTHOR, reason="parked")
    with pytest.raises(BadInput):
        office.register.move(GATE, THERE, by=AUTHOR, reason="soon", since=NOW + HOUR)


def test_others_learn_kind_and_area_without_a_key(office: Office, tmp_path: Path) -> None:
    assert CameraLookup(tmp_path / "none.sqlite").is_mobile(GATE) is False
    office.register.add(UNIT, CameraKind.MOBILE, "the county", None, by=AUTHOR, reason="new car")
    entered(office)
    look = CameraLookup(office.path)
    assert look.is_mobile(UNIT)
    assert not look.is_mobile(GATE)
    assert not look.is_mobile(CameraId("stranger"))
    assert (look.area_of(GATE), look.area_of(CameraId("stranger"))) == ("north", "")


def test_a_new_key_seals_every_place_and_the_former_one_is_gone(office: Office, tmp_path: Path) -> None:
    entered(office)
    office.clock.pass_(60)
    office.register.move(GATE, THERE, by=AUTHOR, reason="rebuilt")
    before = {file.name: file.read_bytes() for file in (tmp_path / "keys").iterdir()}
    assert office.register.renew_key(by=AUTHOR, reason="a year has passed") == 2
    assert set(before) == {"1.key"}
    assert {file.name for file in (tmp_path / "keys").iterdir()} == {"2.key"}
    assert office.register.placed(GATE, NOW).location == HERE
    assert office.register.placed(GATE).location == THERE


def test_without_its_key_a_place_is_not_told_and_with_another_it_is_not_believed(
    office: Office, tmp_path: Path
) -> None:
    entered(office)
    key = tmp_path / "keys" / "1.key"
    key.write_bytes(b"x" * 32)
    with pytest.raises(IntegrityError):
        office.register.placed(GATE)
    key.unlink()
    with pytest.raises(Unavailable):
        office.register.placed(GATE)


def test_a_place_cannot_be_given_to_another_entry(office: Office) -> None:
    sealed = office.seal.close(HERE, "gate\0fixed")
    assert office.seal.open(sealed, "gate\0fixed") == HERE
    for other in ("yard\0fixed", ""):
        with pytest.raises(IntegrityError):
            office.seal.open(sealed, other)
    for broken in ("", "1:", "1:AAAA", "x:AAAA", sealed[:-4]):
        with pytest.raises(IntegrityError):
            office.seal.open(broken, "gate\0fixed")
