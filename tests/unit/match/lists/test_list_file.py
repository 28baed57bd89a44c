"""List files: every good line is an entry, whatever the form."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.hotlist import Action, HotlistId, VehicleOfInterest
from pipeline.domain.vrm import Vrm
from pipeline.errors import BadInput
from pipeline.match.lists.fields import FIELDS
from pipeline.match.lists.file import Form, read_list_file
from tests.support.builders import todays_marks
from tests.support.lists import HEADER, entries_in_file, entries_of_lines, written

UK_LINE = (
    "AB12 CDE,FORD,FOCUS,BLUE,STOP,VIOLENT,STOLEN,E41,STOP AND REPORT,KENT,28/02/2026,PNC 0001,OFFICIAL,CAD 1,spare,"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hotlist.csv"


def test_a_full_line_is_an_entry_with_every_column(path: Path) -> None:
    line = "AB12CDE,stolen,taken on Monday,1,stop,Kent,violent,2026-01-01,2026-02-01,Ford,Focus,blue"
    (entry,) = entries_of_lines(path, line)
    assert (entry.vrm, entry.hotlist_id, entry.reason, entry.priority) == ("AB12CDE", "stolen", "taken on Monday", 1)
    assert (entry.action, entry.owner, entry.warning_markers) == (Action.STOP, "Kent", "violent")
    assert (entry.make, entry.model, entry.colour) == ("Ford", "Focus", "blue")


def test_a_line_of_the_uk_file_is_an_entry_with_every_column(path: Path) -> None:
    path.write_text(UK_LINE + "\nXY34ZZZ" + "," * 15 + "\n")
    file = read_list_file(path, of_list=HotlistId("stolen"))
    entry, bare = entries_in_file(file)
    assert (file.form, file.fault_count) == (Form.UK, 0)
    assert (entry.vrm, entry.hotlist_id, entry.reason, entry.action) == ("AB12CDE", "stolen", "STOLEN", Action.STOP)
    assert (entry.make, entry.model, entry.colour, entry.warning_markers) == ("FORD", "FOCUS", "BLUE", "VIOLENT")
    assert (entry.intelligence, entry.information, entry.force_area) == ("E41", "STOP AND REPORT", "KENT")
    assert (entry.reference, entry.marking, entry.incident) == ("PNC 0001", "OFFICIAL", "CAD 1")
    assert entry.weed_date == datetime(2026, 3, 1, tzinfo=UTC)
    assert (bare.vrm, bare.action, bare.weed_date) == ("XY34ZZZ", Action.SILENT, None)


def test_the_uk_file_may_have_a_header_and_its_lines_must_be_whole(path: Path) -> None:
    path.write_text(f"VRM,Make{',' * 14}\n{UK_LINE}\nAB12CDE,FORD\n")
    file = read_list_file(path)
    assert len(file.entries) == 1
    assert file.faults == ((3, "has 2 fields, the UK file has 16"),)


def test_a_zipped_uk_file_is_named_by_what_is_in_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "any.zip", "w") as archive:
        archive.writestr("KENT_STOLEN VEHICLES_17.dat", UK_LINE + "\n")
    file = read_list_file(tmp_path / "any.zip")
    assert (file.lists, file.revision) == (("KENT-STOLEN VEHICLES",), 17)


@pytest.mark.parametrize("content", [b"PK\x03\x04 torn", b""])
def test_a_torn_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "any.zip").write_bytes(content)
    with pytest.raises(BadInput, match="no whole ZIP"):
        read_list_file(tmp_path / "any.zip")


def test_a_zip_of_one_endless_line_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "any.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("list.csv", "vrm\n" + "A" * (1 << 22))
    with pytest.raises(BadInput, match="a line is longer than"):
        read_list_file(tmp_path / "any.zip")


def test_json_lines_say_the_same(path: Path) -> None:
    lines = [{"vrm": "ab12 cde", "reason": "stolen", "priority": 1, "weed_date": None}, {"vrm": "XY?4*"}]
    path.write_text("\n".join(map(json.dumps, lines)) + "\n\n")
    file = read_list_file(path)
    first, second = entries_in_file(file)
    assert (file.form, file.fault_count) == (Form.JSON, 0)
    assert (first.vrm, first.reason, first.priority, first.weed_date) == ("AB12CDE", "stolen", 1, None)
    assert second.vrm == "XY?4*"


def test_only_the_mark_must_be_given(path: Path) -> None:
    (entry,) = entries_of_lines(path, "AB12CDE", header="vrm")
    assert (entry.hotlist_id, entry.priority, entry.action) == ("default", 3, Action.SILENT)
    assert (entry.valid_from, entry.weed_date) == (None, None)


@pytest.mark.parametrize("spelt", ["AB12 CDE", "ab12cde", " ab12-cde ", '"AB12 CDE"', "A.B.1.2·CDE"])
def test_a_mark_is_the_same_however_it_is_spelt(path: Path, spelt: str) -> None:
    assert [entry.vrm for entry in entries_of_lines(path, spelt, header="vrm")] == ["AB12CDE"]


def test_blank_lines_do_not_count(path: Path) -> None:
    assert len(entries_of_lines(path, "", "AB12CDE", "", "", header="vrm")) == 1


def test_texts_are_told_on_one_line(path: Path) -> None:
    (entry,) = entries_of_lines(path, 'AB12CDE,,"seen in Deal,\nthen in  Dover"')
    assert entry.reason == "seen in Deal, then in Dover"


@pytest.mark.parametrize("odd", ["\x0b", "\x0c", "\x1c", "\x1f", "\x85", "\u2028"])
def test_only_line_ends_end_a_line(path: Path, odd: str) -> None:
    (entry,) = entries_of_lines(path, f"AB12CDE,,one{odd}two")
    assert entry.reason == "one two"


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
def test_any_line_ending_will_do(path: Path, ending: str) -> None:
    path.write_bytes(ending.join([HEADER, "AB12CDE", "!", "XY34ZZZ"]).encode())
    file = read_list_file(path)
    assert [entry.vrm for entry in entries_in_file(file)] == ["AB12CDE", "XY34ZZZ"]
    assert [line for line, _ in file.faults] == [3]


def test_a_byte_order_mark_is_no_part_of_the_header(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbfvrm,reason\nAB12CDE,stolen\n")
    assert [entry.vrm for entry in entries_in_file(read_list_file(path))] == ["AB12CDE"]


def test_the_digest_changes_with_the_content_and_only_with_it(path: Path, tmp_path: Path) -> None:
    one = read_list_file(written(path, "AB12CDE")).digest
    assert read_list_file(written(tmp_path / "copy.csv", "AB12CDE")).digest == one
    assert read_list_file(written(path, "AB12CDF")).digest != one


@pytest.mark.parametrize(
    ("valid_from", "at"),
    [
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("20260301", datetime(2026, 3, 1, tzinfo=UTC)),
        ("1/3/2026", datetime(2026, 3, 1, tzinfo=UTC)),
        ("01/03/2026 10:30", datetime(2026, 3, 1, 10, 30, tzinfo=UTC)),
        ("2026-03-01T10:30", datetime(2026, 3, 1, 10, 30, tzinfo=UTC)),
        ("2026-03-01T10:30:00Z", datetime(2026, 3, 1, 10, 30, tzinfo=UTC)),
        ("2026-07-01 10:30:00+01:00", datetime(2026, 7, 1, 9, 30, tzinfo=UTC)),
    ],
)
def test_a_time_without_a_zone_is_utc_and_one_with_a_zone_is_turned_into_it(
    path: Path, valid_from: str, at: datetime
) -> None:
    (entry,) = entries_of_lines(path, f"AB12CDE,{valid_from}", header="vrm,valid_from")
    assert entry.valid_from == at


@pytest.mark.parametrize(
    ("weed_date", "at"),
    [
        ("2026-02-28", datetime(2026, 3, 1, tzinfo=UTC)),
        ("28/02/2026", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-02-28T00:00", datetime(2026, 2, 28, tzinfo=UTC)),
        ("2026-02-28T12:00+01:00", datetime(2026, 2, 28, 11, tzinfo=UTC)),
        ("9999-12-31", datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_a_weed_date_without_a_time_ends_with_its_day(path: Path, weed_date: str, at: datetime) -> None:
    (entry,) = entries_of_lines(path, f"AB12CDE,{weed_date}", header="vrm,weed_date")
    assert entry.weed_date == at


def test_only_a_delta_takes_marks_off(path: Path) -> None:
    written(path, "AB12CDE,remove", "XY34ZZZ,put", "ZZ99ZZZ,", "AA11AAA,maybe", header="vrm,change")
    full, delta = read_list_file(path), read_list_file(path, delta=True)
    assert full.faults == ((2, "only a delta can take a mark off a list"), (5, "change must be put or remove"))
    assert delta.faults == ((5, "change must be put or remove"),)
    assert (len(delta.entries), len(delta.removals)) == (2, 1)


def test_a_uk_delta_takes_off_what_it_deletes(path: Path) -> None:
    path.write_text(UK_LINE.replace("STOP,", "DELETE,", 1) + "\n")
    assert len(read_list_file(path, delta=True).removals) == 1


def test_lines_of_another_list_are_malformed_in_a_file_of_one(path: Path) -> None:
    written(path, "AB12CDE,stolen", "XY34ZZZ,", "ZZ99ZZZ,watch", header="vrm,hotlist_id")
    file = read_list_file(path, of_list=HotlistId("stolen"))
    assert file.lists == ("stolen",)
    assert [line for line, _ in file.faults] == [4]


_texts = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"]), max_size=10)


@given(rows=st.lists(st.tuples(todays_marks, _texts, _texts, st.integers(0, 9)), max_size=20))
@settings(max_examples=60, deadline=None)
def test_every_form_gives_the_same_entries_in_the_same_order(rows: list[tuple[Vrm, str, str, int]]) -> None:
    names = ("vrm", "reason", "reference", "priority")
    with TemporaryDirectory() as folder:
        plain, lines = Path(folder) / "plain.csv", Path(folder) / "lines.json"
        quoted = [",".join('"' + str(value).replace('"', '""') + '"' for value in row) for row in rows]
        written(plain, *quoted, header=",".join(names))
        lines.write_text("".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows) or "{}\n")
        found = entries_in_file(read_list_file(plain)), entries_in_file(read_list_file(lines))
    assert found[0] == found[1]
    assert [(entry.vrm, entry.reason, entry.reference, entry.priority) for entry in found[0]] == rows


def test_every_field_of_an_entry_can_be_given() -> None:
    told = {"hotlist_id", "change"} | {name for name in VehicleOfInterest.__slots__ if name != "hotlist_id"}
    assert set(FIELDS) == told
