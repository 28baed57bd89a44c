"""`anpr people`, `authorise`, `search` and `audit` as people use them: and what hostile people try."""

from __future__ import annotations

import csv
import io
import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from actors.cli.__main__ import main
from pipeline import bootstrap_access
from pipeline.access.audit.verify import ENTRIES, check_log
from pipeline.settings import Settings
from tests.support.access import MARK, NOW, OTHER_MARK, PEOPLE, PLACE, house_in, write_lake
from tests.support.clock import ManualClock

WHY = ["--purpose", "investigation", "--category", "major", "--reference", "OP/7"]
REASON = "named by a witness at the scene last night"
HOSTILE = [
    "'; DROP TABLE people; --",
    '" OR ""="',
    "../../../../tmp/escape",
    "<script>alert(1)</script>",
    "{{ 7*7 }}{% raw %}",
    "=cmd|' /C calc'!A0",
    "%s%n{0}",
    "a\x1b[2Jb",
    "a\u202eb",
    "a\x00b",
    "\n\n{}",
    "x" * 5000,
]


class Terminal:
    """A person at a terminal; who they are is a file with their token."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.config = folder / "settings.toml"
        self.config.write_text(f'folder = "{folder / "var"}"\n[access]\nforce = "Testshire"\n')
        self._capsys = capsys
        self.printed = self.complained = self.all_complaints = ""

    def ask(self, *arguments: str, by: str = "") -> int:
        who = ["--token", str(self.folder / f"{by}.token")] if by else []
        status = main([*arguments, *who, "--config", str(self.config)])
        self.printed, self.complained = self._capsys.readouterr()
        self.all_complaints += self.complained
        return status

    def search(self, *given: str, by: str = "analyst", reason: str = REASON) -> int:
        return self.ask("search", *given, *WHY, "--justification", reason, by=by)

    @property
    def settings(self) -> Settings:
        return Settings(folder=str(self.folder / "var"))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store, people and their tokens."""
    folder = tmp_path_factory.mktemp("prepared")
    write_lake(folder / "var")
    with house_in(folder / "var") as house:
        for person in PEOPLE:
            (folder / f"{person.person_id}.token").write_text(house.token(person))
    return folder


@pytest.fixture
def terminal(
    tmp_path: Path, prepared: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    # the reads in the store are as old as the letter's limits on one day, and on no other
    monkeypatch.setattr(bootstrap_access, "SystemClock", lambda: ManualClock(NOW))
    monkeypatch.delenv("ANPR_TOKEN", raising=False)
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    return Terminal(tmp_path, capsys)


def test_the_first_person_enters_the_others_and_tokens_are_signed_for_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANPR_TOKEN", raising=False)
    terminal = Terminal(tmp_path, capsys)
    first = ["people", "add", "first", "--reason", "the first"]
    assert terminal.ask(*first) == 1
    assert "give the permission people" in terminal.complained
    assert terminal.ask(*first, "--permission", "people") == 0
    second = ["people", "add", "second", "--reason", "joined the team", "--role", "investigation"]
    assert terminal.ask(*second) == 1
    assert "say who you are" in terminal.complained
    assert terminal.ask("people", "token", "nobody") == 1
    assert terminal.ask("people", "token", "first", "--hours", "13") == 1
    assert terminal.ask("people", "token", "first") == 0
    (tmp_path / "first.token").write_text(terminal.printed)
    assert terminal.ask(*second, by="first") == 0
    assert terminal.ask("people", "show", by="first") == 0
    assert "investigation" in terminal.printed
    assert terminal.ask("audit", "verify") == 0
    assert "whole: 3 entries" in terminal.printed


def test_a_search_shows_what_is_open_and_says_what_was_left_out(terminal: Terminal) -> None:
    assert terminal.search(MARK, "--from", "2025-11-01") == 0
    assert terminal.printed.count(MARK) == 2
    assert "2 read(s)" in terminal.printed
    assert "senior officer's authorisation" in terminal.printed
    assert terminal.search(MARK, "--from", "2025-11-01", "--json", "--rows", "1") == 0
    read, answer = (json.loads(line) for line in terminal.printed.splitlines())
    assert (read["vrm"], read["place_is_coarse"]) == (MARK, True)
    assert (answer["answer"]["more"], answer["answer"]["left_out"][0]["rule"]) == (True, "authorisation")


def test_a_search_without_a_reason_an_entitlement_or_a_person_is_refused(terminal: Terminal) -> None:
    assert terminal.search(MARK, reason="because") == 1
    assert "refused (justification)" in terminal.complained
    assert terminal.search(MARK, by="officer") == 1
    assert "refused (role)" in terminal.complained
    assert terminal.search(MARK, by="") == 1
    assert "say who you are" in terminal.complained
    (terminal.folder / "forged.token").write_text("a.b.c")
    assert terminal.search(MARK, by="forged") == 1
    assert "sign in again" in terminal.complained
    assert MARK not in terminal.printed + terminal.all_complaints
    with pytest.raises(SystemExit):
        terminal.ask("search", MARK, by="analyst")


def test_older_reads_need_leave_that_somebody_else_gives_and_may_take_back(terminal: Terminal) -> None:
    asked = ["--category", "major", "--reference", "OP/7", "--from", "2025-01-01", "--to", "2026-11-24"]
    assert terminal.ask("authorise", "ask", MARK, *asked, "--justification", "a series since spring", by="analyst") == 0
    wish = terminal.printed.strip()
    assert terminal.ask("authorise", "grant", wish, "--reason", "mine", by="analyst") == 1
    assert "nobody may authorise themselves" in terminal.complained
    assert terminal.ask("authorise", "list", by="officer") == 0
    assert wish in terminal.printed
    assert terminal.ask("authorise", "grant", wish, "--reason", "needed and proportionate", by="officer") == 0
    assert terminal.search(MARK, "--from", "2025-01-01", "--authorisation", wish) == 0
    assert "6 read(s)" in terminal.printed
    assert terminal.ask("authorise", "revoke", wish, "--reason", "case closed", by="officer") == 0
    assert terminal.search(MARK, "--from", "2025-01-01", "--authorisation", wish) == 0
    assert "2 read(s)" in terminal.printed


def test_a_new_mark_is_held_against_the_past_within_what_the_policy_opens(terminal: Terminal) -> None:
    why = [*WHY, "--justification", REASON, "--json"]
    assert terminal.ask("hotlist", "past", MARK, *why, by="analyst") == 0
    *reads, last = map(json.loads, terminal.printed.splitlines())
    terminal.search(MARK, "--from", "2026-01-01", "--json")
    *opened, _ = map(json.loads, terminal.printed.splitlines())
    assert reads
    assert reads == opened
    assert all(one["as_read"] for one in reads)
    assert last["answer"]["reads"] == len(reads)
    assert terminal.ask("hotlist", "past", MARK, *why) == 1
    assert "say who you are" in terminal.complained


def test_a_suspended_person_sees_nothing_from_that_moment(terminal: Terminal) -> None:
    assert terminal.ask("people", "suspend", "analyst", "--reason", "under investigation", by="keeper") == 0
    assert terminal.search(MARK) == 1
    assert "refused (suspended)" in terminal.complained
    assert terminal.ask("people", "suspend", "analyst", "--lift", "--reason", "cleared", by="keeper") == 0
    assert terminal.search(MARK) == 0


def test_people_are_changed_by_others_with_the_permission_alone(terminal: Terminal) -> None:
    for by in ("analyst", "keeper", ""):
        assert terminal.ask("people", "add", "keeper", "--grade", "chief-officer", "--reason", "a rise", by=by) == 1
    assert terminal.ask("people", "show", by="analyst") == 1
    assert terminal.ask("people", "show", "analyst", "--json", by="analyst") == 0
    assert json.loads(terminal.printed)["roles"] == ["investigation"]
    assert "OWN" not in terminal.printed


def test_the_log_is_verified_here_and_by_whoever_has_a_copy_and_the_key(terminal: Terminal) -> None:
    terminal.search(MARK)
    assert terminal.ask("audit", "checkpoint") == 0
    kept = terminal.folder / "kept"
    kept.write_text(terminal.printed)
    assert terminal.ask("audit", "verify", "--kept", str(kept)) == 0
    assert "whole: 7 entries" in terminal.printed
    copy = terminal.folder / "copy"
    copy.mkdir()
    for name in ("audit.jsonl", "audit.checkpoints"):
        lines = (terminal.folder / "var/access/audit" / name).read_bytes().splitlines(keepends=True)
        (copy / name).write_bytes(b"".join(lines[:3]))
    key = str(terminal.folder / "var/access/audit-key.public.pem")
    assert terminal.ask("audit", "verify", str(copy), "--key", key) == 0
    assert terminal.ask("audit", "verify", str(copy), "--key", key, "--kept", str(kept)) == 1
    assert "cut short" in terminal.complained
    path = terminal.folder / "var/access/audit" / ENTRIES
    path.write_bytes(path.read_bytes().replace(b"OP/7", b"OP/8"))
    assert terminal.ask("audit", "verify") == 1
    assert "line 6" in terminal.complained


def test_reports_need_the_permission_and_find_what_they_are_for(terminal: Terminal) -> None:
    out = terminal.folder / "report.csv"
    assert terminal.ask("audit", "report", "own-vehicles", "--out", str(out), by="analyst") == 1
    assert not out.exists()
    terminal.search("ZZ11OWN")
    terminal.search(MARK, reason="because")
    for report, rows in (("own-vehicles", 1), ("refusals", 1), ("colleagues", 0), ("inquiries", 2), ("people", 1)):
        assert terminal.ask("audit", "report", report, "--out", str(out), by="keeper") == 0
        assert len(list(csv.DictReader(io.StringIO(out.read_text())))) == rows
    assert out.stat().st_mode & 0o077 == 0
    samples = []
    for _ in range(2):
        arguments = ["audit", "report", "sample", "--out", str(out), "--sample", "1", "--seed", "7"]
        assert terminal.ask(*arguments, by="keeper") == 0
        samples.append(out.read_text())
    assert samples[0] == samples[1]


def _as_search(field: str) -> Callable[[Terminal, str], int]:
    def ask(terminal: Terminal, text: str) -> int:
        given = {"--purpose": "investigation", "--category": "major", "--reference": "OP/7", "--justification": REASON}
        given |= {field: f"{text} with some more words of reason" if field == "--justification" else text}
        return terminal.ask("search", MARK, *(part for pair in given.items() for part in pair), by="analyst")

    return ask


_ASK = ["--reference", "OP/7", "--from", "2026-01-01", "--to", "2026-11-24", "--justification"]
FIELDS: dict[str, Callable[[Terminal, str], int]] = {
    "purpose": _as_search("--purpose"),
    "category": _as_search("--category"),
    "reference": _as_search("--reference"),
    "justification": _as_search("--justification"),
    "authorisation": lambda one, text: one.search(MARK, "--from", "2025-01-01", "--authorisation", text),
    "mark": lambda one, text: one.search(text),
    "camera": lambda one, text: one.search("--camera", text),
    "area": lambda one, text: one.search("--area", text),
    "person": lambda one, text: one.ask("people", "add", text, "--reason", "joined", by="keeper"),
    "role": lambda one, text: one.ask("people", "add", "new", "--role", text, "--reason", "joined", by="keeper"),
    "force": lambda one, text: one.ask("people", "add", "new", "--force", text, "--reason", "joined", by="keeper"),
    "own mark": lambda one, text: one.ask("people", "add", "new", "--own-mark", text, "--reason", "new", by="keeper"),
    "reason": lambda one, text: one.ask("people", "suspend", "officer", "--reason", text, by="keeper"),
    "wish": lambda one, text: one.ask("authorise", "ask", MARK, "--category", "major", *_ASK, text, by="analyst"),
    "decision": lambda one, text: one.ask("authorise", "grant", text, "--reason", text, by="officer"),
    "whom to report on": lambda one, text: one.ask(
        "audit", "report", "inquiries", "--out", str(one.folder / "r.csv"), "--person", text, by="keeper"
    ),
}


@pytest.mark.parametrize("field", FIELDS)
def test_no_text_that_people_type_is_ever_more_than_text(
    terminal: Terminal, field: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    outside = sorted(path.name for path in terminal.folder.iterdir())
    for text in HOSTILE:
        # argparse takes what begins with a dash for an option, so none of these does
        assert FIELDS[field](terminal, text) in (0, 1)
        assert "\x1b[2J" not in terminal.printed
    assert terminal.ask("audit", "report", "all", "--out", str(terminal.folder / "r.html"), by="keeper") == 0
    page = (terminal.folder / "r.html").read_text()
    assert "<script" not in page
    assert ">49<" not in page
    assert not {"\x00", "\x1b", "\u202e"} & set(page)
    assert terminal.ask("audit", "report", "inquiries", "--out", str(terminal.folder / "r.csv"), by="keeper") == 0
    with (terminal.folder / "r.csv").open(newline="") as rows:
        assert not [cell for row in csv.reader(rows) for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert terminal.search(MARK, reason="another witness came forward this morning") == 0
    assert not check_log(
        bootstrap_access.audit_folder(terminal.settings), bootstrap_access.public_keys(terminal.settings)
    ).fault
    left = sorted(path.name for path in terminal.folder.iterdir() if path.name not in ("r.html", "r.csv"))
    assert left == outside
    assert not Path("/tmp/escape").exists()
    said = caplog.text + terminal.all_complaints + generate_latest().decode()
    for secret in (MARK, OTHER_MARK, "ZZ11OWN", str(PLACE.latitude), str(PLACE.longitude), "a2-north-junction"):
        assert secret not in said
