"""Where pictures of real plates may be written: never into the repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pipeline.errors import BadInput


def refuse_inside_repository(folder: Path) -> None:
    """Raise BadInput for a folder whose files git would take into this repository."""
    here = Path(__file__).resolve().parents[1]
    folder = folder.resolve()
    if not folder.is_relative_to(here):
        return
    ignored = subprocess.run(["git", "check-ignore", "-q", str(folder / "sheet.png")], cwd=here, check=False)
    if ignored.returncode != 0:
        raise BadInput(f"{folder} is inside the repository and not ignored: pictures of real plates may not go there")
