"""Who is told of a hit: the table of routes, hours and areas, and covert lists that only their owners are told of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.alert.routing import Router
from pipeline.alert.settings import AlertSettings, AreaSettings, RouteSettings, WebhookSettings
from pipeline.domain.alert import Recipient
from pipeline.domain.hotlist import Action, HitKind, HotlistId, HotlistTerms
from pipeline.domain.read import Location
from tests.support.alerts import CONTROL_ROOM, an_alerted_hit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
NIGHT, DAY = Recipient("night-desk"), Recipient("day-desk")
OPEN = HotlistTerms(hotlist_id=HotlistId("stolen"))


def told(
    *routes: RouteSettings,
    at: datetime = NOON,
    terms: HotlistTerms = OPEN,
    location: Location | None = None,
    areas: dict[str, AreaSettings] | None = None,
    **of_hit: Any,
) -> tuple[str, ...]:
    router = Router(AlertSettings(routes=list(routes), areas=areas or {}))
    return router.told_of(an_alerted_hit(1, **of_hit), terms=terms, location=location, at=at).recipients


def a_route(**overrides: Any) -> RouteSettings:
    return RouteSettings(**{"recipients": [NIGHT]} | overrides)


def test_what_fits_no_route_goes_to_the_others_and_never_to_nobody() -> None:
    assert told() == (CONTROL_ROOM,)
    assert told(a_route(lists=["untaxed"])) == (CONTROL_ROOM,)


@pytest.mark.parametrize(
    ("route", "fits"),
    [
        ({"lists": ["sto*"]}, True),
        ({"lists": ["untaxed", "missing-*"]}, False),
        ({"most_urgent": 1, "least_urgent": 3}, True),
        ({"least_urgent": 2}, False),
        ({"kinds": [HitKind.NEAR]}, False),
        ({"actions": [Action.STOP]}, True),
        ({"actions": [Action.SILENT]}, False),
        ({"days": ["mon"]}, True),
        ({"days": ["tue"]}, False),
        ({"hours": "11:00-12:00"}, False),
        ({"hours": "12:00-12:01"}, True),
    ],
)
def test_a_route_fits_by_list_priority_kind_action_and_hours(route: dict[str, Any], fits: bool) -> None:
    assert told(a_route(**route)) == ((NIGHT,) if fits else (CONTROL_ROOM,))


def test_hours_are_those_of_the_place_in_summer_too() -> None:
    evening = a_route(hours="22:00-06:00")
    assert told(evening, at=datetime(2026, 7, 1, 21, 30, tzinfo=UTC)) == (NIGHT,)
    assert told(evening, at=datetime(2026, 1, 1, 21, 30, tzinfo=UTC)) == (CONTROL_ROOM,)


def test_the_small_hours_belong_to_the_evening_before() -> None:
    friday_night = a_route(hours="22:00-06:00", days=["fri"])
    assert told(friday_night, at=datetime(2026, 1, 10, 2, tzinfo=UTC)) == (NIGHT,)
    assert told(friday_night, at=datetime(2026, 1, 9, 2, tzinfo=UTC)) == (CONTROL_ROOM,)


def test_an_area_is_its_cameras_or_the_box_that_the_camera_stands_in() -> None:
    areas = {"north": AreaSettings(cameras=["north-*"], south=51.0, west=0.0, north=52.0, east=1.0)}
    route = a_route(areas=["north"])
    assert told(route, areas=areas) == (NIGHT,)
    assert told(route, areas=areas, camera="m2") == (CONTROL_ROOM,)
    assert told(route, areas=areas, camera="m2", location=Location(latitude=51.5, longitude=0.5)) == (NIGHT,)
    assert told(route, areas=areas, camera="m2", location=Location(latitude=50.5, longitude=0.5)) == (CONTROL_ROOM,)


def test_all_fitting_routes_count_and_nobody_is_told_twice() -> None:
    assert told(a_route(), a_route(recipients=[DAY, NIGHT])) == (NIGHT, DAY)


def test_a_covert_list_alerts_its_owner_and_those_it_names_alone() -> None:
    terms = HotlistTerms(hotlist_id=HotlistId("stolen"), owner="Unit 7", covert=True, visible_to=("Unit 8",))
    assert told(a_route(), terms=terms) == ("Unit 7", "Unit 8")
    assert told(a_route(recipients=[Recipient("Unit 8"), DAY]), terms=terms) == ("Unit 8", "Unit 7")


@given(
    recipients=st.lists(st.sampled_from(["night-desk", "Unit 7", "control-room", "press"]), min_size=1).map(
        lambda names: [Recipient(name) for name in names]
    ),
    owner=st.sampled_from(["", "Unit 7", "Unit 9"]),
    visible_to=st.lists(st.sampled_from(["Unit 8", "night-desk"]), unique=True).map(tuple),
)
def test_nobody_who_may_not_see_a_covert_list_is_told_at_once_or_later(
    recipients: list[Recipient], owner: str, visible_to: tuple[str, ...]
) -> None:
    terms = HotlistTerms(hotlist_id=HotlistId("stolen"), owner=owner, covert=True, visible_to=visible_to)
    router = Router(AlertSettings(routes=[RouteSettings(recipients=recipients, escalate_to=recipients)]))
    who = router.told_of(an_alerted_hit(1), terms=terms, location=None, at=NOON)
    assert {*who.recipients, *who.escalate_to} <= {owner, *visible_to} - {""}
    assert set(who.recipients) == {owner, *visible_to} - {""}


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://example.org/hook"},
        {"url": "https://name:word@example.org/"},
        {"url": "ftp://127.0.0.1/"},
        {"recipients": []},
        {"key_id": ""},
    ],
)
def test_a_webhook_that_would_tell_in_the_clear_is_refused(wrong: dict[str, Any]) -> None:
    good = {"url": "https://example.org/hook", "recipients": [DAY], "key_id": "k", "secret_file": "s"}
    WebhookSettings(**good)  # type: ignore[arg-type]
    WebhookSettings(**good | {"url": "http://127.0.0.1:8080/hook"})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"url|recipients"):
        WebhookSettings(**good | wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"otherwise": []},
        {"routes": [a_route(areas=["nowhere"])]},
        {"time_zone": "Europe/Atlantis"},
        {"collapse_seconds": 0},
    ],
)
def test_a_table_that_cannot_work_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"otherwise|areas|time_zone|seconds"):
        AlertSettings(**wrong)
