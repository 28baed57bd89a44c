"""The settings: every fault at once, nothing misspelt passes, and no place is ever told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SettingsError
from pipeline.settings import FeedSettings, FlowSettings, Settings, load_settings, settings_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def faults_of(table: dict[str, Any]) -> list[str]:
    with pytest.raises(SettingsError) as told:
        settings_of(table, where="s.toml")
    assert str(told.value) == "\n".join(told.value.faults)
    return told.value.faults


def test_without_a_word_every_setting_has_its_default(path: Path) -> None:
    path.write_text("")
    assert load_settings(path) == Settings()


def test_what_is_written_is_what_is_set(path: Path) -> None:
    path.write_text(
        'folder = "kept"\n[flow]\nbatch_frames = 4\n'
        '[feeds.gate]\nurl = "gate.mp4"\nlane = 2\nlatitude = 51.25\nlongitude = -0.5\n'
    )
    settings = load_settings(path)
    assert settings.folder == "kept"
    assert settings.flow == FlowSettings(batch_frames=4)
    assert settings.feeds == {"gate": FeedSettings(url="gate.mp4", lane=2, latitude=51.25, longitude=-0.5)}


@pytest.mark.parametrize("name", ["settings.toml", "demonstration.toml"])
def test_the_files_that_come_with_the_project_are_right(name: str) -> None:
    assert isinstance(load_settings(ROOT / "deploy" / name), Settings)


def test_every_fault_is_told_at_once_and_where_it_is() -> None:
    table = {
        "folder": 5,
        "jurnal": {},
        "journal": {"remember_ids_days": 0},
        "store": {"commit_reads": "many"},
        "match": {"hotlst": "stolen.csv"},
        "flow": {"batch_frames": 0},
        "capture": {"buffer_frames": 0},
        "inference": {"runtime": "abacus", "threads": "all"},
        "feeds": {"gate": {}, "North Gate": {"url": "x"}, "yard": {"url": "y", "lane": "left", "colour": "red"}},
    }
    faults = faults_of(table)
    expected = [
        "s.toml: folder: Input should be a valid string",
        "s.toml: [jurnal]: unknown section",
        "s.toml: [journal]: ",
        "s.toml: [store] commit_reads: Input should be a valid integer",
        "s.toml: [match] hotlst: unknown key",
        "s.toml: [flow]: ",
        "s.toml: [capture]: ",
        "s.toml: [inference] runtime: Input should be",
        "s.toml: [inference] threads: Input should be a valid integer",
        "s.toml: [feeds.gate] url: ",
        "s.toml: [feeds.North Gate]: a feed's name is 1 to 32 of a-z, 0-9 and -",
        "s.toml: [feeds.yard] lane: Input should be a valid integer",
        "s.toml: [feeds.yard] colour: unknown key",
    ]
    assert len(faults) == len(expected)
    for one in expected:
        assert [fault for fault in faults if fault.startswith(one)], one


def test_an_unknown_section_is_told_with_the_ones_there_are() -> None:
    (fault,) = faults_of({"camera": {}})
    assert "[camera]: unknown section; known are folder, feeds, capture" in fault


@pytest.mark.parametrize(
    "section",
    ["capture", "inference", "detect", "recognise", "track", "flow", "journal", "store", "match", "cluster", "metrics"],
)
def test_no_section_takes_a_key_it_does_not_know(section: str) -> None:
    assert faults_of({section: {"misspelt": 1}}) == [f"s.toml: [{section}] misspelt: unknown key"]


@pytest.mark.parametrize("content", [5, "text", [1], True])
def test_a_value_is_no_section(content: Any) -> None:
    assert faults_of({"flow": content, "feeds": content}) == [
        "s.toml: [flow]: must be a section (a table), not a value",
        "s.toml: [feeds]: must be a section (a table), not a value",
    ]


@pytest.mark.parametrize("content", [5, "rtsp://gate", [1]])
def test_a_feed_is_a_section_too(content: Any) -> None:
    (fault,) = faults_of({"feeds": {"gate": content}})
    assert fault.startswith("s.toml: [feeds.gate]: ")


OWN = {"certificate_file": "own.pem", "key_file": "own.key"}
SHARE, SERVICES = OWN | {"authorities_file": "ca.pem"}, OWN | {"client_authorities_file": "ca.pem"}


@pytest.mark.parametrize("peer", ["centre.example:9466", "192.0.2.7:9466", "[2001:db8::7]:9466", "127.0.0.1.example:1"])
def test_nothing_is_sent_to_another_machine_without_certificates(peer: str) -> None:
    assert faults_of({"share": {"peer": peer}}) == [
        "s.toml: [share] peer: is on another machine: give certificates, here or in [services]"
    ]
    for certified in ({"share": {"peer": peer} | SHARE}, {"share": {"peer": peer}, "services": SERVICES}):
        assert settings_of(certified, where="s.toml").share.peer == peer


@pytest.mark.parametrize("peer", ["127.0.0.1:9466", "localhost:9466", "[::1]:9466", ""])
def test_on_this_machine_reads_go_without_certificates(peer: str) -> None:
    assert settings_of({"share": {"peer": peer}}, where="s.toml").share.peer == peer


@pytest.mark.parametrize("name", ["gate", "gate-2", "0", "a" * 32])
def test_a_feed_may_be_called(name: str) -> None:
    assert list(settings_of({"feeds": {name: {"url": "x"}}}, where="s.toml").feeds) == [name]


@pytest.mark.parametrize("name", ["", "Gate", "-gate", "north gate", "gate/1", "gäte", "gate\n", "a" * 33])
def test_a_feed_may_not_be_called(name: str) -> None:
    (fault,) = faults_of({"feeds": {name: {"url": "x"}}})
    assert "a feed's name is" in fault


@pytest.mark.parametrize("given", ["latitude", "longitude"])
def test_latitude_and_longitude_go_together(given: str) -> None:
    (fault,) = faults_of({"feeds": {"gate": {"url": "x", given: 51.2345}}})
    assert "latitude and longitude go together" in fault
    assert "51.2345" not in fault


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("flow", "batch_frames", 0),
        ("flow", "batch_frames", -1),
        ("flow", "batches_in_flight", 0),
        ("journal", "remember_ids_days", 0),
        ("journal", "busy_timeout_seconds", 0),
        ("store", "commit_reads", 0),
        ("store", "commit_after_seconds", -0.1),
        ("match", "batch_reads", 0),
        ("match", "look_for_changes_every_seconds", 0),
        ("track", "gone_after_seconds", 0),
        ("track", "minimum_sightings", 0),
        ("capture", "buffer_frames", 0),
        ("capture", "stall_after_seconds", 0),
        ("capture", "patch_limit_bytes", 0),
    ],
)
def test_a_limit_that_allows_nothing_is_refused(section: str, key: str, value: float) -> None:
    (fault,) = faults_of({section: {key: value}})
    assert fault.startswith(f"s.toml: [{section}]: ")
    assert key in fault


SECRET = 51.2345678
PLACES: list[dict[str, Any]] = [
    {"latitude": SECRET},
    {"latitude": SECRET, "longitude": "east"},
    {"latitude": str(SECRET) + "N", "longitude": 0.5},
    {"latitude": [SECRET], "longitude": 0.5},
    {"latitude": {"degrees": SECRET}, "longitude": 0.5},
    {"latitude": SECRET, "longitude": 0.5, "unknown": SECRET},
    {"latitude": SECRET, "longitude": 0.5, "lane": SECRET},
    {"latitude": SECRET, "longitude": 0.5, "url": SECRET},
]


@pytest.mark.parametrize("place", PLACES)
def test_no_fault_tells_where_a_camera_stands(place: dict[str, Any]) -> None:
    faults = faults_of({"feeds": {"gate": {"url": "x"} | place}, "flow": {"batch_frames": 0}})
    assert len(faults) >= 2
    assert "51.23" not in "".join(faults)


@pytest.mark.parametrize(
    "line", [f"latitude = {SECRET}.5", f"latitude = {SECRET} N", f"latitude {SECRET}", f"= {SECRET}"]
)
def test_not_even_a_file_that_is_no_toml_tells_it(path: Path, line: str) -> None:
    path.write_text(f'[feeds.gate]\nurl = "x"\n{line}\n')
    with pytest.raises(SettingsError) as told:
        load_settings(path)
    (fault,) = told.value.faults
    assert fault.startswith(f"{path}: is not TOML: ")
    assert "line 3" in fault
    assert "51.23" not in fault


def test_no_fault_tells_the_password_of_a_camera() -> None:
    faults = faults_of({"feeds": {"Gate": {"url": "rtsp://someone:opensesame@camera/", "lane": "left"}}})
    assert len(faults) == 2
    assert "opensesame" not in "".join(faults)


def test_a_file_that_is_not_there_or_not_utf_8_is_a_fault_of_the_settings(path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(path)
    path.write_bytes(b'folder = "\xff"')
    with pytest.raises(SettingsError, match="is not TOML"):
        load_settings(path)


def test_a_misspelt_key_deep_in_a_table_does_not_pass() -> None:
    [fault] = faults_of({"access": {"categories": {"major": {"roles": ["investigation"], "day": 3}}}})
    assert fault == "s.toml: [access] categories.major.day: unknown key"
