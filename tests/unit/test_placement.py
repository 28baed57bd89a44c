"""Which node runs which camera, and why."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from pipeline.placement import NOWHERE, Placement, Spot, place

ANY = ""


def spot(name: str, room: int = 10, *, leaving: bool = False) -> Spot:
    return Spot(name=name, room=room, leaving=leaving)


def anywhere(*cameras: str) -> dict[str, str]:
    return dict.fromkeys(cameras, ANY)


def where(placed: dict[str, Placement]) -> dict[str, str]:
    return {camera: one.node for camera, one in placed.items()}


def test_cameras_are_spread_over_the_nodes_by_their_room() -> None:
    placed = place(anywhere("a", "b", "c", "d", "e", "f"), [spot("small", 5), spot("large", 10)], {})
    assert Counter(where(placed).values()) == {"large": 4, "small": 2}


def test_a_camera_stays_where_it_runs_and_its_reason_stays_too() -> None:
    before = place(anywhere("a", "b"), [spot("one"), spot("two")], {})
    assert place(anywhere("a", "b"), [spot("two"), spot("one")], before) == before


def test_the_cameras_of_a_node_that_is_gone_come_back_elsewhere() -> None:
    before = place(anywhere("a", "b"), [spot("one"), spot("two")], {})
    after = place(anywhere("a", "b"), [spot("two")], before)
    assert where(after) == {"a": "two", "b": "two"}
    (moved,) = [one for camera, one in after.items() if one != before[camera]]
    assert moved.why == "one is gone; the most room was here"


def test_a_node_that_joins_takes_its_share_and_no_more_cameras_move_than_must() -> None:
    before = place(anywhere(*"abcdef"), [spot("one")], {})
    after = place(anywhere(*"abcdef"), [spot("one"), spot("two")], before)
    assert Counter(where(after).values()) == {"one": 3, "two": 3}
    assert {one.why for one in after.values() if one.node == "two"} == {"moved from one to even out the load"}


def test_a_node_that_leaves_gives_its_cameras_away() -> None:
    before = place(anywhere("a", "b"), [spot("one"), spot("two")], {})
    after = place(anywhere("a", "b"), [spot("one", leaving=True), spot("two")], before)
    assert where(after) == {"a": "two", "b": "two"}
    assert "one is leaving; the most room was here" in {one.why for one in after.values()}


def test_a_camera_goes_to_the_node_that_its_settings_name_and_back_when_it_returns() -> None:
    wishes = {"gate": "edge", "yard": ANY}
    at_home = place(wishes, [spot("edge"), spot("spare")], {})
    assert at_home["gate"] == Placement(node="edge", why="its settings name this node")
    away = place(wishes, [spot("spare")], at_home)
    assert away["gate"] == Placement(node="spare", why="edge, which its settings name, is not there")
    assert place(wishes, [spot("edge"), spot("spare")], away)["gate"] == at_home["gate"]


def test_a_camera_that_finds_no_room_waits_and_says_so() -> None:
    placed = place(anywhere("a", "b"), [spot("one", 1)], {})
    assert placed["b"] == Placement(node=NOWHERE, why="no node has room for it; it waits for one")
    assert where(place(anywhere("a", "b"), [spot("one", 1), spot("two", 1)], placed)) == {"a": "one", "b": "two"}


SPOTS = st.lists(
    st.builds(Spot, name=st.sampled_from("uvwxyz"), room=st.integers(0, 4), leaving=st.booleans()),
    unique_by=lambda one: one.name,
)
WISHES = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(["", "u", "v"]))


@given(WISHES, SPOTS, SPOTS)
def test_no_node_gets_more_than_its_room_nobody_waits_beside_room_and_nothing_moves_twice(
    wishes: dict[str, str], before: list[Spot], after: list[Spot]
) -> None:
    placed = place(wishes, after, place(wishes, before, {}))
    taken = Counter(one.node for one in placed.values())
    room = {one.name: one.room for one in after if not one.leaving}
    waiting = taken.pop(NOWHERE, 0)
    assert set(placed) == set(wishes)
    assert all(number <= room.get(name, 0) for name, number in taken.items())
    assert not waiting or sum(taken.values()) == sum(room.values())
    assert place(wishes, after, placed) == placed
