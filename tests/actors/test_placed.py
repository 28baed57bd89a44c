"""What a node tells of where cameras are: of its own, and of those it has taken over, so that nobody misses them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily

from actors.counter_folder import FOLDER_VARIABLE
from actors.metrics import NodeCollector
from actors.placed import PlacedCameras
from actors.senders import THIS_MACHINE
from actors.status import LEFT, CameraLine, NodeLine, Status, status_of
from actors.targets import TARGETS, withdraw_targets, write_target_without_ray
from pipeline.settings import MetricsSettings, Settings

AT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


def a_status(**nodes: str) -> Status:
    """Each camera at the node that is given, at none where it waits; after `<` those where it was before."""
    lines = []
    for name, given in nodes.items():
        node, _, before = given.partition("<")
        lines.append(CameraLine(camera=name, node=node, why="", state="", before=tuple(before)))
    return status_of(AT, lines, [])


def told(placed: PlacedCameras, *counted: str) -> dict[tuple[str, str], float]:
    frames = CounterMetricFamily("anpr_frames", "", labels=["camera"])
    for camera in counted:
        frames.add_metric([camera], 25.0)
    return {(one.labels["camera"], one.labels["at"]): one.value for one in placed.told([frames]).samples}


def test_before_a_driver_was_heard_of_nothing_is_told() -> None:
    assert not told(PlacedCameras("a"), "gate")


def test_a_node_by_itself_has_its_cameras_under_its_own_name() -> None:
    placed = PlacedCameras("edge-1")
    placed.hear(a_status(gate=THIS_MACHINE))
    assert told(placed, "gate") == {("gate", "edge-1"): 1.0}


def test_a_camera_that_moved_is_placed_no_longer_where_it_was_and_others_are_not_told_of() -> None:
    a, b, c = (PlacedCameras(name) for name in "abc")
    for one in (a, b, c):
        one.hear(a_status(gate="b<a", yard="b"))
    assert told(a, "gate") == {("gate", "a"): 0.0}
    # a may have died: then it is b that tells where the camera was
    assert told(b, "yard") == {("gate", "b"): 1.0, ("gate", "a"): 0.0, ("yard", "b"): 1.0}
    assert told(c) == {}


def test_a_camera_that_came_back_is_told_of_as_there() -> None:
    placed = PlacedCameras("a")
    placed.hear(a_status(gate="b<a"))
    placed.hear(a_status(gate="a<b"))
    assert told(placed, "gate") == {("gate", "a"): 1.0, ("gate", "b"): 0.0}


def test_of_a_camera_that_waits_for_a_node_nobody_tells() -> None:
    placed = PlacedCameras("a")
    placed.hear(a_status(gate="a"))
    placed.hear(a_status(gate="<a"))
    assert told(placed, "gate") == {}


def test_a_camera_that_was_taken_out_of_the_settings_is_placed_no_longer() -> None:
    placed = PlacedCameras("a")
    placed.hear(a_status(gate="a"))
    assert told(placed, "gate", "gone") == {("gate", "a"): 1.0, ("gone", "a"): 0.0}


def test_who_stays_tells_of_a_node_that_has_left_until_it_is_back() -> None:
    placed = PlacedCameras("b")
    states = {"b": "here", "a": LEFT}
    placed.hear(status_of(AT, [], [NodeLine(node=node, state=state) for node, state in states.items()]))
    assert [(one.labels["at"], one.value) for one in placed.left().samples] == [("a", 1.0)]
    placed.hear(status_of(AT, [], [NodeLine(node=node, state="here") for node in states]))
    assert not placed.left().samples


def test_the_endpoint_tells_it_beside_the_counts_that_stay(tmp_path: Path) -> None:
    count = "from pipeline import metrics; metrics.FRAMES.labels('gate').inc()"
    subprocess.run([sys.executable, "-c", count], env=os.environ | {FOLDER_VARIABLE: str(tmp_path)}, check=True)
    placed = PlacedCameras("a")
    placed.hear(a_status(gate="b"))
    registry = CollectorRegistry()
    registry.register(NodeCollector(tmp_path, Settings(), placed=placed))
    page = generate_latest(registry).decode()
    assert 'anpr_frames_total{camera="gate"} 1.0' in page
    assert 'anpr_camera_placed{at="a",camera="gate"} 0.0' in page


def test_a_node_that_has_left_leaves_prometheus_nothing_to_miss(tmp_path: Path) -> None:
    settings = Settings(folder=str(tmp_path), metrics=MetricsSettings(host="127.0.0.1", node="a"))
    write_target_without_ray(settings, 9464)
    assert json.loads((tmp_path / TARGETS).read_text())
    withdraw_targets(settings)
    assert json.loads((tmp_path / TARGETS).read_text()) == []


def test_the_endpoint_of_a_national_centre_loads_no_ray() -> None:
    asked = "import sys, actors.national; print('ray' in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert loaded.stdout == "False\n"
