"""Nodes that start, leave and return, as the driver tells of them; no Ray is behind it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from actors.arrivals import Arrivals
from actors.member import RayNode
from pipeline.settings import Settings


@pytest.fixture(autouse=True)
def _starts(monkeypatch: pytest.MonkeyPatch) -> None:
    def started(node: RayNode, _: Settings) -> Any:
        return SimpleNamespace(ray_node=node)

    monkeypatch.setattr("actors.arrivals.start_member", started)


def states(arrivals: Arrivals) -> dict[str, str]:
    return {one.node: one.state for one in arrivals.lines()}


def test_a_node_that_was_asked_to_leave_is_told_of_as_left_until_its_machine_starts_again() -> None:
    node = RayNode(node_id="1", name="a", room=4)
    arrivals = Arrivals(Settings())
    arrivals.look([node], ())
    assert states(arrivals) == {"a": "starting"}
    # leaving the block waits for the threads that start it
    with arrivals:
        pass
    assert [one.ray_node for one in arrivals.look([], ())] == [node]
    assert states(arrivals) == {}
    arrivals.forget(node)
    # Ray still runs there, and then no longer
    for there in ([node], []):
        assert not arrivals.look(there, ())
        assert states(arrivals) == {"a": "left"}


def test_a_node_that_left_and_came_back_has_left_no_more() -> None:
    with Arrivals(Settings()) as arrivals:
        arrivals.forget(RayNode(node_id="1", name="a", room=4))
        arrivals.look([RayNode(node_id="2", name="a", room=4)], ())
        assert states(arrivals) == {"a": "starting"}
