"""The plain hotlist: every good line is an entry, every bad one is named, and no mark is ever told."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.hotlist import Action
from pipeline.domain.vrm import Vrm
from pipeline.errors import BadInput, NotFound
from pipeline.match.hotlist_file import COLUMNS, Hotlist, load_hotlist
from tests.support.builders import todays_marks

HEADER = ",".join(COLUMNS)
# each is malformed whatever the mark is, and names what is wrong with it
MALFORMED = {
    "{vrm},,,soon": "priority must be a whole number",
    "{vrm},,,-1": "priority must be a whole number",
    "{vrm},,,3.5": "priority must be a whole number",
    "{vrm},,," + "9" * 5000: "priority must be a whole number",
    "{vrm},,,,ARREST": "action must be one of STOP, SILENT",
    "{vrm},,,,,,,{vrm}": "valid_from must be an ISO 8601 date or time",
    "{vrm},,,,,,,,{vrm}": "weed_date must be an ISO 8601 date or time",
    "{vrm},,,,,,,,2026-02-30": "weed_date must be an ISO 8601 date or time",
    "{vrm},,,,,,,0001-01-01T00:00:00+23:59": "valid_from must be an ISO 8601 date or time",
    "{vrm},,,,,,,,9999-12-31T23:59:59-23:59": "weed_date must be an ISO 8601 date or time",
    "{vrm}" + "," * len(COLUMNS) + "{vrm}": "has more fields than the header",
    "{vrm}!": "a VRM holds only the letters A-Z and the digits 0-9",
    "{vrm}{vrm}{vrm}": "a VRM has at most 16 characters",
    ",{vrm}": "a VRM needs at least one letter or digit",
    '"{vrm}"{vrm},': "expected after",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hotlist.csv"


def written(path: Path, *lines: str, header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def loaded(path: Path, *lines: str, header: str = HEADER) -> Hotlist:
    return load_hotlist(written(path, *lines, header=header))


def test_a_full_line_is_an_entry_with_every_column(path: Path) -> None:
    line = "AB12CDE,stolen,taken on Monday,1,stop,Kent,violent,2026-01-01,2026-02-01,Ford,Focus,blue"
    (entry,) = loaded(path, line).entries
    assert (entry.vrm, entry.hotlist_id, entry.reason, entry.priority) == ("AB12CDE", "stolen", "taken on Monday", 1)
    assert (entry.action, entry.owner, entry.warning_markers) == (Action.STOP, "Kent", "violent")
    assert (entry.make, entry.model, entry.colour) == ("Ford", "Focus", "blue")


def test_only_the_mark_must_be_given(path: Path) -> None:
    (entry,) = loaded(path, "AB12CDE", header="vrm").entries
    assert (entry.hotlist_id, entry.priority, entry.action) == ("default", 3, Action.SILENT)
    assert (entry.valid_from, entry.weed_date) == (None, None)


@pytest.mark.parametrize("spelt", ["AB12 CDE", "ab12cde", " ab12-cde ", '"AB12 CDE"', "A.B.1.2·CDE"])
def test_a_mark_is_the_same_however_it_is_spelt(path: Path, spelt: str) -> None:
    assert [entry.vrm for entry in loaded(path, spelt, header="vrm").entries] == ["AB12CDE"]


def test_blank_lines_do_not_count(path: Path) -> None:
    assert len(loaded(path, "", "AB12CDE", "", "", header="vrm").entries) == 1


def test_a_list_may_be_empty(path: Path) -> None:
    assert loaded(path).entries == ()


def test_a_quoted_field_keeps_its_commas_and_lines(path: Path) -> None:
    (entry,) = loaded(path, 'AB12CDE,,"seen in Deal,\nthen in Dover"').entries
    assert entry.reason == "seen in Deal,\nthen in Dover"


@pytest.mark.parametrize("odd", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_only_line_ends_end_a_line(path: Path, odd: str) -> None:
    (entry,) = loaded(path, f"AB12CDE,,one{odd}two").entries
    assert entry.reason == f"one{odd}two"


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
def test_any_line_ending_will_do(path: Path, ending: str) -> None:
    path.write_bytes(ending.join([HEADER, "AB12CDE", "XY34ZZZ"]).encode())
    assert [entry.vrm for entry in load_hotlist(path).entries] == ["AB12CDE", "XY34ZZZ"]


def test_a_byte_order_mark_is_no_part_of_the_header(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbfvrm,reason\nAB12CDE,stolen\n")
    assert [entry.vrm for entry in load_hotlist(path).entries] == ["AB12CDE"]


def test_the_revision_changes_with_the_content_and_only_with_it(path: Path, tmp_path: Path) -> None:
    one = loaded(path, "AB12CDE").revision
    assert loaded(tmp_path / "copy.csv", "AB12CDE").revision == one
    assert loaded(path, "AB12CDF").revision != one


@pytest.mark.parametrize(
    ("valid_from", "at"),
    [
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("20260301", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T10:30", datetime(2026, 3, 1, 10, 30, tzinfo=UTC)),
        ("2026-03-01T10:30:00Z", datetime(2026, 3, 1, 10, 30, tzinfo=UTC)),
        ("2026-07-01 10:30:00+01:00", datetime(2026, 7, 1, 9, 30, tzinfo=UTC)),
    ],
)
def test_a_time_without_a_zone_is_utc_and_one_with_a_zone_is_turned_into_it(
    path: Path, valid_from: str, at: datetime
) -> None:
    (entry,) = loaded(path, f"AB12CDE,{valid_from}", header="vrm,valid_from").entries
    assert entry.valid_from == at


@pytest.mark.parametrize(
    ("weed_date", "at"),
    [
        ("2026-02-28", datetime(2026, 3, 1, tzinfo=UTC)),
        ("20260228", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-02-28T00:00", datetime(2026, 2, 28, tzinfo=UTC)),
        ("2026-02-28T12:00+01:00", datetime(2026, 2, 28, 11, tzinfo=UTC)),
        ("9999-12-31", datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_a_weed_date_without_a_time_ends_with_its_day(path: Path, weed_date: str, at: datetime) -> None:
    (entry,) = loaded(path, f"AB12CDE,{weed_date}", header="vrm,weed_date").entries
    assert entry.weed_date == at


@pytest.mark.parametrize(("line", "reason"), MALFORMED.items())
def test_a_malformed_line_is_told_by_number_and_reason(path: Path, line: str, reason: str) -> None:
    with pytest.raises(BadInput) as told:
        loaded(path, "XY34ZZZ", line.format(vrm="AB12CDE"))
    (fault,) = str(told.value).splitlines()
    assert fault.startswith(f"{path}: line 3: ")
    assert reason in fault


def test_all_malformed_lines_are_told_at_once(path: Path) -> None:
    with pytest.raises(BadInput) as told:
        loaded(path, *(line.format(vrm="AB12CDE") for line in MALFORMED))
    faults = str(told.value).splitlines()
    for number, (fault, reason) in enumerate(zip(faults, MALFORMED.values(), strict=True), 2):
        assert f": line {number}: " in fault
        assert reason in fault


def test_a_line_that_begins_a_long_field_is_named_by_where_it_begins(path: Path) -> None:
    with pytest.raises(BadInput, match="line 2: "):
        loaded(path, 'AB12CDE,,"never closed', "XY34ZZZ", "XY34ZZY")


def test_of_very_many_faults_the_first_and_the_number_of_the_others_are_told(path: Path) -> None:
    with pytest.raises(BadInput) as told:
        loaded(path, *["!"] * 50)
    faults = str(told.value).splitlines()
    assert len(faults) == 21
    assert faults[-1] == "… and 30 more"


@given(vrm=todays_marks, line=st.sampled_from(sorted(MALFORMED)), others=st.lists(todays_marks, max_size=3))
@settings(max_examples=80, deadline=None)
def test_no_message_ever_holds_a_mark(vrm: Vrm, line: str, others: list[Vrm]) -> None:
    with TemporaryDirectory() as folder, pytest.raises(BadInput) as told:
        loaded(Path(folder) / "hotlist.csv", *others, line.format(vrm=vrm))
    chain: list[BaseException | None] = [told.value, told.value.__cause__]
    assert not [error for error in chain if vrm in str(error)]


@pytest.mark.parametrize(
    "header",
    ["", "plate,reason", "reason", "vrm,note", "vrm,", "vrm,vrm", '"vrm"x,reason', "AB12CDE"],
)
def test_a_wrong_header_is_told_without_quoting_it(path: Path, header: str) -> None:
    with pytest.raises(BadInput, match="line 1: the header") as told:
        loaded(path, "AB12CDE", header=header) if header else load_hotlist(written_bytes(path, b""))
    assert "AB12CDE" not in str(told.value)


def written_bytes(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_file_that_is_not_utf_8_is_refused_without_carrying_its_content(path: Path) -> None:
    with pytest.raises(BadInput, match="not UTF-8 at byte 12") as told:
        load_hotlist(written_bytes(path, b"vrm\nAB12CDE,\xff\n"))
    assert told.value.__cause__ is None


def test_a_list_that_is_not_there_is_not_found(path: Path) -> None:
    with pytest.raises(NotFound, match="cannot be read"):
        load_hotlist(path)


def test_loading_logs_nothing(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        loaded(path, "AB12CDE")
    assert not caplog.records
