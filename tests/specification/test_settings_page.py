"""docs/settings.md says what the code says of its settings."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from actors.cli.__main__ import main
from pipeline.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_page_is_what_anpr_settings_show_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "show"]) == 0
    shown = capsys.readouterr().out
    assert PAGE.read_text(encoding="utf-8") == shown, "write it again: anpr settings show > docs/settings.md"


def test_every_section_is_on_it() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for section in fields(Settings):
        assert f"[{section.name}" in page or f"| `{section.name}` |" in page
