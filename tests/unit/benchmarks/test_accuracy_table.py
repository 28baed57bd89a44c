"""Goals are held against counts, thresholds are chosen on drawn plates, and sheets stay out of the repository."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import accuracy
from benchmarks.accuracy_confidence import drawn_rows, joint_rows, threshold_rows, width_rows
from benchmarks.accuracy_scoring import Drawn, Plate, Seen, score_stills
from benchmarks.accuracy_sets import Stills
from benchmarks.accuracy_table import row_of, rows_of_crops
from benchmarks.peers.asked import Peer
from benchmarks.report import section
from pipeline.errors import BadInput, Unavailable
from pipeline.settings import Settings
from training.real_pictures import refuse_inside_repository

CLAIMED = "calibration error of the exact text, which confidence claims"


def seen(text: str, confidence: float = 0.9, file: str = "0.jpg") -> Seen:
    return Seen(file=file, text=text, confidence=confidence)


def drawn(text: str, read: Seen | None, width: float = 100.0) -> Drawn:
    return Drawn(text=text, seen=read, width=width)


def photos(count: int) -> list[Plate]:
    return [Plate(file=f"{at}.jpg", text=f"AB{at:02} CDE") for at in range(count)]


def test_a_goal_that_is_missed_says_by_what() -> None:
    plates = photos(50)
    right = [seen(plate.text, file=plate.file) for plate in plates[:48]]
    row = row_of("uk_photos", "someone", score_stills(plates, [*right, seen("X1"), seen("X2")]), 50)
    assert row["met"] == "missed (right, false)"
    assert row_of("uk_photos", "someone", score_stills(plates[:48], right), 48)["met"] == "met"


def test_the_spellings_of_one_drawing_are_judged_by_their_probability_together() -> None:
    # three of four times it is spelt right, each time what the plate shows is right
    read = Seen(file="drawn", text="AB0 1CD", confidence=0.75, alike=1.0)
    row = drawn_rows([drawn("AB01CD", read)] * 15 + [drawn("ABO1CD", read)] * 5)[0]
    assert row["right"].startswith("20/20")
    assert row["exact"].startswith("15/20")
    assert row[CLAIMED] == pytest.approx(0.0)
    assert row["of all spellings together, which the candidates claim"] == pytest.approx(0.0)
    assert row["of the text with 0/O and 1/I equal, which nothing claims"] == pytest.approx(0.25)


def test_the_goal_of_calibration_is_held_against_what_confidence_claims_of_all_drawn_plates() -> None:
    sure, unsure = seen("AB10CDE", 1.0), seen("AB10CDE", 0.9)
    assert drawn_rows([drawn("AB10CDE", sure)] * 30)[0]["met"] == "met"
    all_of_them, of_a_width, *_ = drawn_rows([drawn("AB10CDE", unsure)] * 30)
    assert (all_of_them["met"], all_of_them[CLAIMED]) == ("missed", pytest.approx(0.1))
    assert (of_a_width["goal"], of_a_width["met"]) == ("", "")


def test_drawn_plates_are_counted_by_lines_and_by_kind_too_however_few() -> None:
    plates = [drawn("AB10CDE", seen("AB10CDE"))] * 3
    plates += [Drawn(text="AB10CDE", seen=None, width=50.0, two_line=True, kind="foreign")]
    rows = {row["drawn plates"]: row for row in drawn_rows(plates)}
    assert rows["one line"]["exact"].startswith("3/3")
    assert rows["two lines"]["exact"].startswith("0/1")
    assert rows["kind: current"]["plates"] == 3
    assert rows["kind: foreign"]["right"].startswith("0/1")
    assert rows["0-59 pixels wide"]["plates"] == 1


def test_photos_are_counted_by_width_however_few_and_beside_each_share_is_its_interval() -> None:
    narrow = Plate(file="0.jpg", text="AB00CDE", box=(0, 0, 50, 10))
    wide = Plate(file="0.jpg", text="AB01CDE", box=(0, 50, 300, 60))
    rows = width_rows("eu_photos", [narrow, wide], [seen("AB01CDE"), seen("X1")])
    assert [(row["pixels wide"], row["right"], row["false reads"]) for row in rows] == [
        ("0-59", "0/1 = 0.0% (0%-79%)", 1),
        ("240 or more", "1/1 = 100.0% (21%-100%)", 1),
    ]


def test_one_false_read_in_96_pictures_without_plates_is_more_than_one_in_300() -> None:
    assert row_of("backgrounds", "someone", score_stills([], [seen("X1")]), 96)["met"] == "missed (false)"
    assert row_of("backgrounds", "someone", score_stills([], []), 96)["met"] == "met"


def test_crops_are_counted_by_kind_and_only_ordinary_and_cherished_marks_for_the_goal() -> None:
    labels = [Plate(file=f"{kind}.png", text="AB10CDE", kind=kind) for kind in ("gb", "gb-cherished", "novelty")]
    rows = {row["set"]: row for row in rows_of_crops(labels, [seen("AB10CDE", file="gb.png")], "someone")}
    assert rows["gb_crops: all"]["plates"] == 3
    assert rows["gb_crops: gb and gb-cherished"]["right"].startswith("1/2")
    assert rows["gb_crops: novelty"]["right"].startswith("0/1")


def test_the_threshold_is_chosen_on_drawn_plates_and_pictures_without_plates_alone() -> None:
    plates = [drawn("AB10CDE", seen("AB10CDE", 0.95))] * 90 + [drawn("AB10CDE", seen("AB10CDF", 0.55))] * 10
    empty = Stills(name="backgrounds", title="", files=(Path("0.jpg"),), labels=())
    measured = Stills(name="uk_photos", title="", files=(Path("0.jpg"),), labels=tuple(photos(1)))
    chosen, rows = threshold_rows(plates, [(measured, [seen("WRONG1", 0.97)]), (empty, [seen("X1", 0.3)])])
    assert chosen == 0.7
    assert {row["minimum confidence"]: row["uk_photos: false"] for row in rows}[0.98] == 0


def test_where_no_threshold_will_do_none_is_chosen() -> None:
    empty = Stills(name="backgrounds", title="", files=(Path("0.jpg"),), labels=())
    chosen, _ = threshold_rows([drawn("AB10CDE", seen("AB10CDE"))], [(empty, [seen("X1", 0.6)])])
    assert chosen is None


def test_the_confidence_shipped_is_no_lower_than_what_the_measured_backgrounds_choose() -> None:
    figures = json.loads((Path(accuracy.__file__).parent / "results" / "accuracy.json").read_text())["figures"]
    chosen = figures["minimum confidence chosen by held-out backgrounds"]
    assert chosen <= figures["minimum confidence"] == Settings().recognise.minimum_confidence


def test_pictures_of_errors_are_refused_inside_the_repository_but_where_git_looks_away(tmp_path: Path) -> None:
    repository = Path(__file__).parents[3]
    with pytest.raises(BadInput, match="inside the repository"):
        refuse_inside_repository(repository / "docs")
    refuse_inside_repository(repository / "var" / "errors")
    refuse_inside_repository(tmp_path)


def test_without_pictures_the_benchmark_says_so_and_ends_with_a_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ANPR_DATA", raising=False)
    monkeypatch.setattr("sys.argv", ["accuracy"])
    assert accuracy.main() == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_peer_that_is_not_installed_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="make peers"):
        Peer("simplelpr", tmp_path / "python")


def test_lists_of_rows_become_tables_of_their_own_in_the_report() -> None:
    figures = {"model": "a-1", "accuracy": [{"set": "uk", "right": "1|2"}], "by_width": []}
    machine = {"processor": "p", "cores": 2, "python": "3.11"}
    text = section(json.loads(json.dumps({"command": "c", "at": "t", "machine": machine, "figures": figures})))
    assert "| model | a-1 |" in text
    assert "### accuracy\n\n| set | right |\n| --- | --- |\n| uk | 1/2 |" in text
    assert "### by width\n\nNo rows." in text


def test_thresholds_together_leave_out_what_either_refuses() -> None:
    plates = Stills(name="uk_photos", title="", files=(Path("0.jpg"),), labels=tuple(photos(1)))
    reads = [Seen(file="0.jpg", text="AB00CDE", confidence=0.7, found=0.65), Seen(file="0.jpg", text="X1", found=0.45)]
    rows = joint_rows([(0.9, 0.9), (0.45, 0.9), (0.9, 0.3)], [(plates, reads)])
    given = {(row["detector"], row["recogniser"]): row for row in rows}
    assert given[0.4, 0.2]["real plates held out from the detector, given a read"] == "3/3"
    assert given[0.5, 0.4]["real plates held out from the detector, given a read"] == "1/3"
    assert given[0.6, 0.6]["uk_photos"] == "1/1, 0 false"
    assert given[0.7, 0.2]["uk_photos"] == "0/1, 0 false"
