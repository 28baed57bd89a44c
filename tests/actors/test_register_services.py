"""`HotlistService` and `CameraService` over a real port: each person is shown what they may see, for a reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from pipeline import bootstrap_cameras
from pipeline.domain.access import Permission, Person, PersonId
from pipeline.domain.audit import Operation
from pipeline.domain.camera import CameraKind
from pipeline.domain.plate import CameraId
from protos.anpr.v1 import camera_pb2, hotlist_pb2
from tests.support.access import ANALYST, KEEPER, PLACE, house_in
from tests.support.alert_service import code_of
from tests.support.people_services import HOSTILE, Standing, load_list, standing

OK, DENIED = grpc.StatusCode.OK, grpc.StatusCode.PERMISSION_DENIED
HANDLER = replace(
    ANALYST,
    person_id=PersonId("handler"),
    permissions=frozenset({Permission.COVERT_LISTS}),
    desks=frozenset({"special-desk"}),
)
SURVEYOR = replace(
    ANALYST,
    person_id=PersonId("surveyor"),
    permissions=frozenset({Permission.CAMERAS, Permission.CAMERA_LOCATIONS}),
)
REGISTRAR = replace(ANALYST, person_id=PersonId("registrar"), permissions=frozenset({Permission.CAMERAS}))


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Standing]:
    with house_in(tmp_path) as house:
        for person in (HANDLER, SURVEYOR, REGISTRAR):
            house.desk.people.put(person, by=KEEPER.person_id, reason="joined the team")
        load_list(house, "stolen", "AB12CDE")
        load_list(house, "watched", "AB12CDE", covert=True, visible_to=("special-desk",))
        with bootstrap_cameras.camera_office(house.settings, audit=house.desk.audit, clock=house.clock) as office:
            for name, kind, place in (("gate", CameraKind.FIXED, PLACE), ("unit", CameraKind.MOBILE, None)):
                office.register.add(CameraId(name), kind, "the north", place, by=SURVEYOR, reason="bought this year")
        with standing(house) as services:
            yield services


def look_up(mark: str = "ab12 cde", reason: str = "stopped at the roadside") -> hotlist_pb2.LookUpMarkRequest:
    return hotlist_pb2.LookUpMarkRequest(vrm=mark, reason=reason)


@pytest.mark.parametrize(("person", "lists"), [(ANALYST, ["stolen"]), (HANDLER, ["stolen", "watched"])])
def test_a_covert_list_is_shown_to_those_it_names_with_the_permission(
    services: Standing, person: Person, lists: list[str]
) -> None:
    with services.as_person(person) as stubs:
        answer = stubs.hotlists.ListHotlists(hotlist_pb2.ListHotlistsRequest())
        assert [one.hotlist_id for one in answer.hotlists] == lists
        assert answer.hidden == 2 - len(lists)
        entries = stubs.hotlists.LookUpMark(look_up()).entries
        assert [(one.voi.vrm, one.voi.hotlist_id) for one in entries] == [("AB12CDE", name) for name in lists]


def test_looking_up_a_mark_needs_a_reason_and_is_written_down_with_it(services: Standing) -> None:
    with services.as_person() as stubs:
        for wrong in (look_up(reason=" "), look_up(mark="no mark at all, surely")):
            assert code_of(lambda asked=wrong: stubs.hotlists.LookUpMark(asked)) is grpc.StatusCode.INVALID_ARGUMENT
        stubs.hotlists.LookUpMark(look_up())
        event = services.entries()[-1].event
        assert (event.operation, event.person_id, event.query) == (Operation.CONSULTATION, "analyst", "AB12CDE")
        assert (event.justification, event.result_count) == ("stopped at the roadside", 1)


def test_what_changed_on_a_list_is_seen_at_once(services: Standing) -> None:
    with services.as_person() as stubs:
        assert not stubs.hotlists.LookUpMark(look_up("CD34EFG")).entries
        load_list(services.house, "stolen", "AB12CDE", "CD34EFG")
        assert len(stubs.hotlists.LookUpMark(look_up("CD34EFG")).entries) == 1


def test_cameras_are_listed_without_their_places(services: Standing) -> None:
    asked = camera_pb2.ListCamerasRequest(page_size=1)
    with services.as_person(REGISTRAR) as stubs:
        first = stubs.cameras.ListCameras(asked)
        asked.page_token = first.next_page_token
        second = stubs.cameras.ListCameras(asked)
        assert [one.camera_id for one in (*first.cameras, *second.cameras)] == ["gate", "unit"]
        assert not second.next_page_token
        (gate,) = first.cameras
        assert (gate.kind, gate.area, gate.may_run) == (camera_pb2.CAMERA_KIND_FIXED, "the north", False)
        assert gate.why_not
        assert str(PLACE.latitude) not in str(first)
    with services.as_person(ANALYST) as stubs:
        assert code_of(lambda: stubs.cameras.ListCameras(asked)) is DENIED


def test_a_place_is_told_with_the_permission_and_for_a_reason(services: Standing) -> None:
    asked = camera_pb2.GetCameraRequest(camera_id="gate", with_place=True, reason="the mast is inspected")
    with services.as_person(SURVEYOR) as stubs:
        place = stubs.cameras.GetCamera(asked).place
        assert (place.latitude, place.longitude) == (PLACE.latitude, PLACE.longitude)
        assert services.entries()[-1].event.justification == "the mast is inspected"
        unreasoned = camera_pb2.GetCameraRequest(camera_id="gate", with_place=True)
        assert code_of(lambda: stubs.cameras.GetCamera(unreasoned)) is grpc.StatusCode.INVALID_ARGUMENT
        unknown = camera_pb2.GetCameraRequest(camera_id="nowhere")
        assert code_of(lambda: stubs.cameras.GetCamera(unknown)) is grpc.StatusCode.NOT_FOUND
    with services.as_person(REGISTRAR) as stubs:
        assert code_of(lambda: stubs.cameras.GetCamera(asked)) is DENIED
        assert not stubs.cameras.GetCamera(camera_pb2.GetCameraRequest(camera_id="gate")).HasField("place")


def test_hostile_texts_in_every_field_find_nothing_and_break_nothing(services: Standing) -> None:
    with services.as_person(SURVEYOR) as stubs:
        for text in HOSTILE:
            calls = [
                stubs.hotlists.LookUpMark.future(look_up(text)),
                stubs.cameras.GetCamera.future(camera_pb2.GetCameraRequest(camera_id=text)),
                stubs.cameras.ListCameras.future(camera_pb2.ListCamerasRequest(page_token=text)),
            ]
            for call in calls:
                refused = call.exception() is not None
                assert refused or not call.result().ListFields() or call is calls[2]
                assert call.code() in (OK, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND)
                assert text not in call.details()
        assert len(stubs.hotlists.LookUpMark(look_up()).entries) == 1
        assert len(stubs.cameras.ListCameras(camera_pb2.ListCamerasRequest()).cameras) == 2
