"""What is wrong with a list file is told by line and reason, all of it at once, and no mark is ever told."""

from __future__ import annotations

import logging
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.vrm import Vrm
from pipeline.errors import BadInput, NotFound
from pipeline.match.lists.file import read_list_file
from tests.support.builders import todays_marks
from tests.support.lists import entries_in_file, faults_of, written

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
    "{vrm},,,,,,,,30/02/2026": "weed_date must be an ISO 8601 date or time",
    "{vrm},,,,,,,0001-01-01T00:00:00+23:59": "valid_from must be an ISO 8601 date or time",
    "{vrm},,,,,,,,9999-12-31T23:59:59-23:59": "weed_date must be an ISO 8601 date or time",
    "{vrm},,,,,,,2026-02-02,2026-02-01": "weed_date must be after valid_from",
    "{vrm}" + "," * 12 + "{vrm}": "has more fields than the header",
    "{vrm}!": "a VRM holds only the letters A-Z and the digits 0-9",
    "{vrm}{vrm}{vrm}": "a VRM has at most 16 characters",
    ",{vrm}": "a VRM needs at least one letter or digit",
    "A*": "a partial VRM needs at least 2 known characters",
    "{vrm},{vrm}!": "a list's name is",
    "{vrm},,one\x00two": "holds a control character",
    '"{vrm}"{vrm},': "expected after",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hotlist.csv"


@pytest.mark.parametrize(("line", "reason"), MALFORMED.items())
def test_a_malformed_line_is_told_by_number_and_reason(path: Path, line: str, reason: str) -> None:
    ((number, told),) = faults_of(path, "XY34ZZZ", line.format(vrm="AB12CDE"))
    assert number == 3
    assert reason in told


def test_all_malformed_lines_are_told_and_the_good_ones_are_there(path: Path) -> None:
    lines = [line.format(vrm="AB12CDE") for line in MALFORMED]
    file = read_list_file(written(path, *lines[:-1], "XY34ZZZ", lines[-1]))
    assert [line for line, _ in file.faults] == [*range(2, len(lines) + 1), len(lines) + 2]
    assert [entry.vrm for entry in entries_in_file(file)] == ["XY34ZZZ"]


def test_a_line_that_begins_a_long_field_is_named_by_where_it_begins(path: Path) -> None:
    ((number, _),) = faults_of(path, 'AB12CDE,,"never closed', "XY34ZZZ", "XY34ZZY")
    assert number == 2


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"vrm": "AB12CDE"', "is no JSON"),
        ('["AB12CDE"]', "is no JSON object"),
        ('{"vrm": "AB12CDE", "note": "AB12CDE"}', "has a key that is none of"),
        ('{"vrm": "AB12CDE", "priority": 1.5}', "has a value that is neither text nor a whole number"),
        ('{"vrm": ["AB12CDE"]}', "has a value that is neither text nor a whole number"),
        ('{"reason": "AB12CDE"}', "a VRM needs at least one letter or digit"),
        (r'{"vrm": "AB12CDE", "reason": "\ud800"}', "holds half of a surrogate pair"),
    ],
)
def test_a_malformed_json_line_is_told_without_quoting_it(path: Path, line: str, reason: str) -> None:
    path.write_text('{"vrm": "XY34ZZZ"}\n' + line + "\n")
    ((number, told),) = read_list_file(path).faults
    assert number == 2
    assert told.startswith(reason)
    assert "AB12CDE" not in told


@given(vrm=todays_marks, line=st.sampled_from(sorted(MALFORMED)), others=st.lists(todays_marks, max_size=3))
@settings(max_examples=80, deadline=None)
def test_no_fault_ever_holds_a_mark(vrm: Vrm, line: str, others: list[Vrm]) -> None:
    with TemporaryDirectory() as folder:
        told = faults_of(Path(folder) / "hotlist.csv", *others, line.format(vrm=vrm))
    assert told
    assert not [reason for _, reason in told if vrm in reason]


@pytest.mark.parametrize("header", ["plate,reason", "reason", "vrm,note", "vrm,", '"vrm"x,reason', "AB12CDE"])
def test_a_file_that_is_no_list_is_told_without_quoting_it(path: Path, header: str) -> None:
    with pytest.raises(BadInput, match="line 1: is neither JSON") as told:
        read_list_file(written(path, "AB12CDE", header=header))
    assert "AB12CDE" not in str(told.value)


def test_a_header_that_names_a_column_twice_is_refused(path: Path) -> None:
    with pytest.raises(BadInput, match="line 1: the header names a column twice"):
        read_list_file(written(path, "AB12CDE", header="vrm,vrm"))


@pytest.mark.parametrize("content", [b"", b"\n", b"\x00"])
def test_a_file_of_nothing_is_no_list(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(BadInput, match="line 1"):
        read_list_file(path)


def test_a_file_that_is_not_utf_8_is_refused_without_carrying_its_content(path: Path) -> None:
    path.write_bytes(b"vrm\nAB12CDE,\xff\n")
    with pytest.raises(BadInput, match="not UTF-8 at byte 12") as told:
        read_list_file(path)
    assert told.value.__cause__ is None


def test_a_list_that_is_not_there_is_not_found(path: Path) -> None:
    with pytest.raises(NotFound, match="cannot be read"):
        read_list_file(path)


def test_reading_logs_nothing(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        read_list_file(written(path, "AB12CDE"))
    assert not caplog.records
