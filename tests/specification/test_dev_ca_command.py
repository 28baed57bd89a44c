"""`anpr dev-ca`: one call gives certificates and the settings that use them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from actors.cli.__main__ import main
from pipeline.settings import settings_of


def test_one_call_gives_settings_that_are_good_and_another_adds_a_client(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = ["dev-ca", "--out", str(tmp_path / "ca")]
    assert main([*made, "--client", "kent"]) == 0
    first = capsys.readouterr().out
    services = settings_of(tomllib.loads(first), where="printed").services
    assert set(services.organisations) == {"node", "kent"}
    assert Path(services.key_file).read_text().startswith("-----BEGIN PRIVATE KEY")
    assert main([*made, "--client", "essex"]) == 0
    both = settings_of(tomllib.loads(first + capsys.readouterr().out), where="printed").services
    assert set(both.organisations) == {"node", "kent", "essex"}


@pytest.mark.parametrize(
    "again", [[], ["--client", "kent"], ["--client", "server"], ["--client", "essex", "--client", "kent"]]
)
def test_nothing_is_overwritten_and_half_of_nothing_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], again: list[str]
) -> None:
    made = ["dev-ca", "--out", str(tmp_path / "ca")]
    assert main([*made, "--client", "kent"]) == 0
    before = sorted(path.name for path in (tmp_path / "ca").iterdir())
    capsys.readouterr()
    assert main([*made, *again]) == 1
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1
    assert sorted(path.name for path in (tmp_path / "ca").iterdir()) == before
