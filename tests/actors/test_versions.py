"""What a driver and the nodes of another version of the program say to each other."""

from __future__ import annotations

import pickle
from dataclasses import field, make_dataclass

import pytest

from actors.topology import CALLS
from actors.versions import CrossesByName, calls_of, heard_from_driver, version
from pipeline.errors import SettingsError, Unavailable
from pipeline.node_settings import ClusterSettings
from pipeline.settings import FeedSettings, Settings, table_of
from tests.actors.test_status import GATE

SETTINGS = Settings(
    folder="/var/lib/anpr/{node}",
    feeds={"gate": FeedSettings(url="rtsp://camera/gate", latitude=1.5, longitude=-2.5, lane=2)},
    cluster=ClusterSettings(address="auto", camera_cpus=0.25),
)


def test_settings_cross_as_what_was_set_by_key() -> None:
    assert pickle.loads(pickle.dumps(SETTINGS)) == SETTINGS
    assert table_of(SETTINGS)["cluster"] == {"address": "auto", "camera_cpus": 0.25}
    assert table_of(Settings()) == {}


def test_a_driver_of_another_version_is_heard_if_its_settings_are_known_here() -> None:
    assert heard_from_driver("99.1", CALLS, table_of(SETTINGS), calls=CALLS) == SETTINGS


def test_settings_that_this_version_does_not_know_keep_the_node_out_and_say_what_to_do() -> None:
    table = table_of(SETTINGS)
    table["flow"] = {"look_twice": True}
    with pytest.raises(SettingsError, match=r"\[flow\] look_twice: unknown key") as told:
        heard_from_driver("99.1", CALLS, table, calls=CALLS)
    assert str(told.value).startswith(f"this node runs version {version()}, the driver 99.1: ")
    assert str(told.value).endswith("upgrade the node, or leave that out until all are upgraded")
    assert "\n" not in str(told.value)


def test_a_driver_that_calls_the_services_otherwise_keeps_the_node_out() -> None:
    with pytest.raises(Unavailable, match=r"the driver 99\.1, and these cannot run together"):
        heard_from_driver("99.1", "otherwise", table_of(SETTINGS), calls=CALLS)


def test_a_status_of_another_version_is_understood() -> None:
    build, (kind, told) = GATE.__reduce__()
    assert pickle.loads(pickle.dumps(GATE)) == GATE
    assert build(kind, told | {"zoom": 2.0}) == GATE


def test_what_may_be_left_out_changes_nothing_for_callers_and_what_must_be_said_does() -> None:
    def message(*fields: object) -> type:
        return make_dataclass("Said", fields, bases=(CrossesByName,), kw_only=True)  # type: ignore[arg-type]

    def actor(method: object) -> type:
        return type("Gate", (), {"status": method, "_own": None})

    plain = calls_of([actor(lambda self: 1)], [message(("name", str))])
    assert calls_of([actor(lambda self: 1)], [message(("zoom", float, field(default=1.0)), ("name", str))]) == plain
    assert calls_of([actor(lambda self: 1)], [message(("name", str), ("lens", str))]) != plain
    assert calls_of([actor(lambda self, since: 1)], [message(("name", str))]) != plain
