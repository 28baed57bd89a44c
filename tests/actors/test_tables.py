"""Tables of commands: whole lines for whoever is no terminal."""

from __future__ import annotations

import io

import pytest
from rich.table import Table

from actors.cli.tables import console_for_tables


def test_a_row_that_goes_into_a_file_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    row = [f"cell-{number}-of-the-row" for number in range(8)]
    table = Table(*("heading" for _ in row))
    table.add_row(*row)
    console_for_tables().print(table)
    assert any(all(cell in line for cell in row) for line in capsys.readouterr().out.splitlines())


def test_a_terminal_keeps_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("COLUMNS", "97")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stdout", Terminal())
    assert console_for_tables().width == 97
