"""Hits: durable before they are told, and each once, whatever is torn or lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.domain.hotlist import Hit, HitKind, HotlistId, hit_id_of
from pipeline.domain.read import Read, ReadId
from pipeline.errors import IntegrityError, Unavailable
from pipeline.match.hits_file import HitsFile
from tests.support.builders import a_read, a_voi

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "hits.jsonl"


@pytest.fixture
def hits(path: Path) -> Iterator[HitsFile]:
    file = HitsFile(path, "journal-1")
    yield file
    file.close()


def a_hit(number: int, **of_voi: Any) -> tuple[Hit, Read]:
    read, voi = a_read(read_id=ReadId(f"{number:032x}")), a_voi(**of_voi)
    hit = Hit(
        hit_id=hit_id_of(read.read_id, voi.hotlist_id, voi.vrm),
        read_id=read.read_id,
        voi=voi,
        kind=HitKind.EXACT,
        likelihood=1.0,
        hotlist_revision="r1",
    )
    return hit, read


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def reopened(path: Path, journal: str = "journal-1") -> tuple[int, list[tuple[Hit, Read]]]:
    """The position of the file opened again, and which of hits 1 and 2 are new to it."""
    file = HitsFile(path, journal)
    position = file.position
    new = file.append([a_hit(1), a_hit(2)], position=position, at=AT)
    file.close()
    return position, new


def test_a_hit_is_one_line_with_what_a_person_must_know(hits: HitsFile, path: Path) -> None:
    hit, read = a_hit(1, weed_date=AT, make="Ford")
    assert hits.append([(hit, read)], position=7, at=AT) == [(hit, read)]
    (line,) = lines_of(path)
    assert (line["hit_id"], line["kind"], line["read_id"]) == (hit.hit_id, "exact", read.read_id)
    assert (line["vrm"], line["camera_id"], line["matched_at"]) == (read.vrm, read.camera_id, AT.isoformat())
    assert line["voi"]["make"] == "Ford"
    assert "model" not in line["voi"]
    assert hits.position == 7


def test_a_line_never_tells_where_the_camera_stands(hits: HitsFile, path: Path) -> None:
    hits.append([a_hit(1)], position=1, at=AT)
    assert "51.25" not in path.read_text()


def test_a_hit_is_told_once(hits: HitsFile, path: Path) -> None:
    assert hits.append([a_hit(1)], position=1, at=AT) == [a_hit(1)]
    assert hits.append([a_hit(1), a_hit(2)], position=2, at=AT) == [a_hit(2)]
    assert len(lines_of(path)) == 2


def test_a_mark_entered_twice_on_one_list_is_one_hit_the_most_urgent(hits: HitsFile, path: Path) -> None:
    urgent, other = a_hit(1, priority=1), a_hit(1, priority=5)
    assert hits.append([urgent, other], position=1, at=AT) == [urgent]
    assert [line["voi"]["priority"] for line in lines_of(path)] == [1]


def test_a_mark_on_two_lists_is_two_hits(hits: HitsFile, path: Path) -> None:
    hits.append([a_hit(1), a_hit(1, hotlist_id=HotlistId("uninsured"))], position=1, at=AT)
    assert len(lines_of(path)) == 2


def test_the_position_moves_on_without_a_hit(hits: HitsFile, path: Path) -> None:
    assert hits.append([], position=9, at=AT) == []
    assert reopened(path) == (9, [a_hit(1), a_hit(2)])


def test_hits_and_position_outlive_the_process(hits: HitsFile, path: Path) -> None:
    hits.append([a_hit(1)], position=4, at=AT)
    assert reopened(path) == (4, [a_hit(2)])


@pytest.mark.parametrize("lost", [None, b"", b"journal-1", b"journal-1 ", b"journal-1 four", b"\xff\xfe 4", b"\0" * 40])
def test_a_lost_or_torn_position_matches_everything_again_and_tells_nothing_twice(
    hits: HitsFile, path: Path, lost: bytes | None
) -> None:
    hits.append([a_hit(1)], position=4, at=AT)
    position = path.with_suffix(".position")
    if lost is None:
        position.unlink()
    else:
        position.write_bytes(lost)
    assert reopened(path) == (0, [a_hit(2)])


def test_the_position_in_another_journal_means_nothing_here(hits: HitsFile, path: Path) -> None:
    hits.append([a_hit(1)], position=4, at=AT)
    assert reopened(path, "journal-2") == (0, [a_hit(2)])


def test_a_line_torn_at_any_byte_is_cut_off_and_written_again(hits: HitsFile, path: Path) -> None:
    hits.append([a_hit(1)], position=1, at=AT)
    first = path.read_bytes()
    hits.append([a_hit(2)], position=2, at=AT)
    whole = path.read_bytes()
    for end in range(len(first), len(whole), 29):
        path.write_bytes(whole[:end])
        assert reopened(path) == (2, [a_hit(2)])
        assert path.read_bytes() == whole


def test_noughts_at_the_end_as_a_power_cut_leaves_them_are_cut_off(hits: HitsFile, path: Path) -> None:
    hits.append([a_hit(1)], position=1, at=AT)
    whole = path.read_bytes()
    path.write_bytes(whole + bytes(100))
    assert reopened(path) == (1, [a_hit(2)])


@pytest.mark.parametrize("damaged", [b"{\n", b"\0\0\0\n", b"null\n", b'{"kind": "exact"}\n', b"\xff\n", b"\n"])
def test_a_damaged_line_in_the_middle_is_told_by_number_and_nothing_is_cut(
    hits: HitsFile, path: Path, damaged: bytes
) -> None:
    hits.append([a_hit(1)], position=1, at=AT)
    content = path.read_bytes() + damaged + path.read_bytes()
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match="line 2 is damaged") as told:
        HitsFile(path, "journal-1")
    assert "AB12CDE" not in str(told.value)
    assert path.read_bytes() == content


def test_a_position_that_cannot_be_written_holds_the_hits_back_and_loses_none(hits: HitsFile, path: Path) -> None:
    in_the_way = path.with_suffix(".new")
    in_the_way.mkdir()
    with pytest.raises(Unavailable, match="held back"):
        hits.append([a_hit(1)], position=1, at=AT)
    assert hits.position == 0
    in_the_way.rmdir()
    assert hits.append([a_hit(1), a_hit(2)], position=2, at=AT) == [a_hit(1), a_hit(2)]
    assert [line["read_id"] for line in lines_of(path)] == [a_hit(1)[0].read_id, a_hit(2)[0].read_id]
    assert hits.append([a_hit(1)], position=3, at=AT) == []


def test_a_path_that_cannot_be_used_is_unavailable(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(Unavailable):
        HitsFile(path, "journal-1")
    path.parent.joinpath("file").write_text("in the way")
    with pytest.raises(Unavailable):
        HitsFile(path.parent / "file" / "hits.jsonl", "journal-1")
