"""`anpr hotlist` as a person uses it: what it prints, where, and with which exit status."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actors.cli.__main__ import main
from pipeline import bootstrap
from pipeline.settings import Settings
from tests.support.hotlist_runs import InProcess, Station

TERMS = ["--owner", "traffic desk", "--purpose", "stolen vehicles", "--review-date", "2020-01-01"]


class Desk:
    """A person at a terminal with a folder of lists."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.settings = folder / "settings.toml"
        self.settings.write_text(f'folder = "{folder / "var"}"\n')
        self._capsys = capsys
        self.printed = ""
        self.complained = ""

    def file(self, *lines: str) -> str:
        path = self.folder / "list.csv"
        path.write_text("\n".join(lines) + "\n")
        return str(path)

    def ask(self, *arguments: str) -> int:
        config = [] if arguments[0] == "check" else ["--config", str(self.settings)]
        status = main(["hotlist", *arguments, *config])
        self.printed, self.complained = self._capsys.readouterr()
        return status

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.printed.splitlines()]


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def test_a_check_counts_what_is_there_and_names_every_malformed_line(desk: Desk) -> None:
    path = desk.file("vrm,weed_date", "AB12CDE,", "AB1*,2020-01-01", "ZZ99!ZZZ,", "XY34ZZZ,soon")
    assert desk.ask("check", path, "--list", "stolen") == 1
    assert "stolen: 2 entries, 1 partial, 1 past their weed date" in desk.printed
    assert "line 4: a VRM holds only" in desk.complained
    assert "line 5: weed_date must be" in desk.complained
    assert "2 malformed line(s)" in desk.complained
    assert "ZZ99" not in desk.complained + desk.printed
    assert desk.ask("check", desk.file("vrm", "AB12CDE")) == 0


def test_a_new_list_says_what_it_needs_and_then_is_shown(desk: Desk) -> None:
    path = desk.file("vrm", "AB12CDE", "XY34ZZZ")
    assert desk.ask("load", path, "--list", "stolen") == 1
    assert "give --owner, --purpose and --review-date" in desk.complained
    assert desk.ask("load", path, "--list", "stolen", *TERMS) == 0
    assert "list stolen: revision 1: 2 marks added" in desk.printed
    desk.ask("show", "--json")
    (told,) = desk.lines()
    assert (told["list"], told["entries"], told["owner"]) == ("stolen", 2, "traffic desk")
    assert told["review"] == "2020-01-01 (overdue)"


def test_a_diff_says_what_a_load_would_do_and_does_nothing(desk: Desk) -> None:
    desk.ask("load", desk.file("vrm,reason", "AB12CDE,a", "XY34ZZZ,b", "ZZ99ZZZ,c"), "--list", "stolen", *TERMS)
    path = desk.file("vrm,reason", "AB12CDE,a", "XY34ZZZ,other", "NE11NEW,d")
    assert desk.ask("diff", path, "--list", "stolen", "--marks") == 0
    assert "1 marks added, 1 altered, 1 taken off, 1 as they were" in desk.printed
    assert {"+ NE11NEW  stolen", "~ XY34ZZZ  stolen", "- ZZ99ZZZ  stolen"} <= set(desk.printed.splitlines())
    desk.ask("show", "--json")
    assert desk.lines()[0]["revision"] == 1


def test_a_halved_list_is_refused_until_somebody_says_why(desk: Desk) -> None:
    desk.ask("load", desk.file("vrm", "AB12CDE", "XY34ZZZ", "ZZ99ZZZ"), "--list", "stolen", *TERMS)
    path = desk.file("vrm", "AB12CDE")
    assert desk.ask("diff", path, "--list", "stolen") == 1
    assert desk.ask("load", path, "--list", "stolen") == 1
    assert "would fall from 3 entries to 1 at once" in desk.complained
    assert desk.ask("load", path, "--list", "stolen", "--force") == 1
    assert "--force and --reason go together" in desk.complained
    assert desk.ask("load", path, "--list", "stolen", "--force", "--reason", "the case is closed") == 0
    desk.ask("show", "--list", "stolen", "--json")
    assert desk.lines()[-1]["forced because"] == "the case is closed"


def test_what_was_held_of_a_mark_is_shown_for_any_time(desk: Desk) -> None:
    desk.ask("load", desk.file("vrm,reason", "AB12CDE,first", "XY34ZZZ,b"), "--list", "stolen", *TERMS)
    before = datetime.now(UTC).isoformat()
    path = desk.file("vrm,reason,change", "AB12CDE,second,put")
    assert desk.ask("load", path, "--list", "stolen", "--delta", "--base", "1") == 0
    desk.ask("show", "--vrm", "ab12 cde", "--json")
    assert [(line["reason"], line["since revision"], line["until revision"]) for line in desk.lines()] == [
        ("first", 1, 2),
        ("second", 2, ""),
    ]
    desk.ask("show", "--vrm", "AB12CDE", "--at", before, "--json")
    assert [line["reason"] for line in desk.lines()] == ["first"]
    desk.ask("show", "--vrm", "AB12CDE", "--at", "2020-01-01", "--json")
    assert desk.lines() == []


def test_a_covert_list_is_shown_to_those_who_may_see_it(desk: Desk) -> None:
    path = desk.file("vrm", "AB12CDE", "XY34ZZZ")
    desk.ask("load", path, "--list", "quiet", *TERMS, "--covert", "--visible-to", "crime desk")
    for arguments in ([], ["--vrm", "AB12CDE"]):
        assert desk.ask("show", *arguments, "--json", "--by", "somebody") == 0
        assert desk.printed == ""
        assert "1 list(s) are not for you to see" in desk.complained
        desk.ask("show", *arguments, "--json", "--by", "crime desk")
        assert len(desk.lines()) == 1
    assert desk.ask("show", "--list", "quiet", "--by", "somebody") == 1
    assert desk.ask("diff", desk.file("vrm", "AB12CDE", "ZZ99ZZZ"), "--list", "quiet", "--marks", "--by", "x") == 0
    assert "ZZ99ZZZ" not in desk.printed


def test_weeding_says_how_many_went_and_names_none(desk: Desk) -> None:
    path = desk.file("vrm,weed_date", "AB12CDE,2020-01-01", "XY34ZZZ,", "ZZ99ZZZ,")
    desk.ask("load", path, "--list", "stolen", *TERMS)
    assert desk.ask("weed") == 0
    assert desk.printed == "list stolen: 1 erased, 2 entries left\n"
    assert desk.ask("weed") == 0
    assert desk.printed == "Nothing is past its date.\n"


def test_why_a_hit_was_told_can_be_shown(desk: Desk, tmp_path: Path) -> None:
    station = Station(tmp_path, InProcess)
    loaded = station.load("AB12CDE,stolen")
    (hit,) = station.hits_of("AB12CDE", revision=loaded.sequence)
    station.close()
    assert desk.ask("show", "--hit", hit.hit_id, "--json") == 0
    (line,) = desk.lines()
    assert (line["kind"], line["revision"], line["made by"]) == ("exact", 1, "tester")
    assert line["entry"]["reason"] == "stolen"  # type: ignore[index]
    assert desk.ask("show", "--hit", "no such") == 1
    assert "no such hit" in desk.complained


def test_only_what_a_list_is_for_can_be_changed_without_a_file(desk: Desk) -> None:
    desk.ask("load", desk.file("vrm", "AB12CDE"), "--list", "stolen", *TERMS)
    assert desk.ask("load", "--list", "stolen", "--review-date", "2099-01-01") == 0
    assert desk.ask("load", "--list", "stolen") == 1
    assert desk.ask("load", "--list", "none", "--owner", "x") == 1
    assert "there is no list none" in desk.complained
    store = bootstrap.hotlist_store(Settings(folder=str(desk.folder / "var")))
    (terms,) = store.terms().values()
    assert (str(terms.review_date), terms.owner, terms.entries) == ("2099-01-01", "traffic desk", 1)
    store.close()
