"""`anpr evidence` from the store to a machine that has nothing but the package."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from actors.cli.__main__ import main
from pipeline import bootstrap_access
from pipeline.access.audit.verify import check_log, entries_of
from pipeline.domain.access import Permission, Person, PersonId
from pipeline.settings import Settings
from tests.support.access import ANALYST, KEEPER, MARK, NOW, PEOPLE, house_in, write_lake
from tests.support.clock import ManualClock

EXHIBITOR = replace(
    ANALYST,
    person_id=PersonId("exhibitor"),
    permissions=frozenset({Permission.EVIDENCE, Permission.CAMERA_LOCATIONS}),
    own_marks=frozenset(),
)
ASKED = ["--purpose", "investigation", "--category", "major", "--reference", "OP/7", "--from", "2026-01-01"]
WHY = ["--justification", "named by a witness at the scene last night", "--recipient", "Crown Court"]


class Desk:
    """Somebody with a token at a terminal, and what was printed last."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys
        (folder / "settings.toml").write_text(f'folder = "{folder / "var"}"\n')
        self.printed = self.complained = ""

    def ask(self, action: str, *arguments: object, by: str = "exhibitor") -> int:
        who = [] if action == "verify" else ["--token", str(self.folder / f"{by}.token")]
        config = ["--config", str(self.folder / "settings.toml")]
        status = main(["evidence", action, *map(str, arguments), *who, *config])
        self.printed, self.complained = self._capsys.readouterr()
        return status

    def value(self, name: str) -> str:
        return next(line for line in self.printed.splitlines() if line.startswith(name)).split(": ")[1]


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(bootstrap_access, "SystemClock", lambda: ManualClock(NOW))
    write_lake(tmp_path / "var")
    with house_in(tmp_path / "var") as house:
        people: list[Person] = [*PEOPLE, EXHIBITOR]
        house.desk.people.put(EXHIBITOR, by=KEEPER.person_id, reason="exhibits officer")
        for person in people:
            (tmp_path / f"{person.person_id}.token").write_text(house.token(person))
    return Desk(tmp_path, capsys)


def test_reads_go_from_the_store_to_a_court_and_are_checked_there(desk: Desk, tmp_path: Path) -> None:
    package = tmp_path / "ABC1"
    assert desk.ask("export", MARK, "--out", package, "--exhibit", "ABC/1", *ASKED, *WHY) == 0, desk.complained
    key = desk.value("Public key")
    assert "2 read(s)" in desk.printed
    assert "Left out: captured" in desk.printed
    assert desk.ask("custody", package, "handed-over", "--recipient", "the jury") == 0
    (tmp_path / "mg11.txt").write_text("statement")
    assert desk.ask("add", package, tmp_path / "mg11.txt", "--note", "statement of PC 1") == 0
    newest = desk.printed.split()[-1]
    assert desk.ask("verify", package, "--newest", newest) == 0
    assert "added additions/0003-mg11.txt statement of PC 1" in desk.printed
    command = [sys.executable, "-I", "-S", str(package / "verify.py"), "--key", key, "--newest", newest]
    there = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env={})
    assert (there.returncode, there.stdout) == (0, desk.printed)
    settings = Settings(folder=str(tmp_path / "var"))
    folder = bootstrap_access.audit_folder(settings)
    assert check_log(folder, bootstrap_access.public_keys(settings)).fault == ""
    told = [one.event for one in entries_of(folder) if one.event.operation in ("disclosure", "alteration")]
    assert [(one.operation.value, one.recipient) for one in told] == [
        ("disclosure", "Crown Court"),
        ("disclosure", "the jury"),
        ("alteration", ""),
    ]
    assert told[-1].details["custody"] == newest


def test_a_changed_package_is_told_by_name_and_takes_no_entry(desk: Desk, tmp_path: Path) -> None:
    package = tmp_path / "ABC1"
    assert desk.ask("export", MARK, "--out", package, *ASKED, *WHY) == 0
    page = package / "statement.html"
    page.write_text(page.read_text().replace("Crown Court", "Clown Court"))
    assert desk.ask("verify", package) == 1
    assert "WRONG  statement.html: is not what it was" in desk.printed
    assert desk.ask("custody", package, "opened") == 1
    assert "statement.html: is not what it was" in desk.complained


def test_without_the_permission_nothing_is_made(desk: Desk, tmp_path: Path) -> None:
    assert desk.ask("export", MARK, "--out", tmp_path / "no.zip", *ASKED, *WHY, by="analyst") == 1
    assert "needs the permission evidence" in desk.complained
    assert not (tmp_path / "no.zip").exists()


def test_what_is_no_package_or_no_key_is_said(desk: Desk, tmp_path: Path) -> None:
    assert desk.ask("verify", tmp_path / "nothing") == 1
    assert "there is no such package" in desk.complained
    assert desk.ask("verify", tmp_path / "settings.toml") == 1
    assert "is no whole ZIP file" in desk.complained
    assert desk.ask("verify", tmp_path / "nothing", "--key", "abc") == 1
    assert "64 hexadecimal digits" in desk.complained
