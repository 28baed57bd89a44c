"""The systemd units: systemd accepts them, and finds them well closed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.settings import load_settings

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
MOST_EXPOSED = 20
"""systemd's own measure of exposure, 0 to 100; what is below 20 it calls OK."""

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None,
    reason="systemd-analyze is not installed: apt-get install the packages of deploy/debian-packages.txt",
)


def analyse(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *(str(one) for one in arguments)], capture_output=True, text=True, check=False
    )


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        # the programs are where they are here
        content = unit.read_text(encoding="utf-8").replace("/opt/anpr/bin", str(Path(sys.executable).parent))
        (tmp_path / unit.name).write_text(content, encoding="utf-8")
    verified = analyse("verify", "--man=no", *sorted(tmp_path.glob("*.service")))
    told = [line for line in verified.stderr.splitlines() if str(tmp_path) in line or "anpr" in line]
    assert not told
    assert verified.returncode == 0, verified.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda one: one.name)
def test_a_unit_is_closed_as_far_as_it_can_be(unit: Path) -> None:
    judged = analyse("security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSED}", unit)
    assert judged.returncode == 0, judged.stdout[-300:]


@pytest.mark.parametrize("unit", UNITS, ids=lambda one: one.name)
def test_a_unit_is_asked_to_drain_and_given_the_time(unit: Path) -> None:
    lines = unit.read_text(encoding="utf-8").splitlines()
    # a signal to every process at once would end the actors before the driver could drain them
    assert "KillMode=mixed" in lines
    assert "Restart=always" in lines
    assert any(line.startswith("TimeoutStopSec=") for line in lines)


def test_the_settings_that_are_shipped_are_sound() -> None:
    for path in sorted(DEPLOY.rglob("*.toml")):
        load_settings(path)
