"""Another version of this program: a tree of its own with one more setting and one more figure in each status."""

from __future__ import annotations

import shutil
from pathlib import Path

import pipeline

VERSION = "99.1"
_HERE = Path(pipeline.__file__).resolve().parents[1]
_WHOLE = ("actors", "pipeline", "protos")
_CHANGED = {
    # in front, where a position in the order of the fields would be taken for another
    "pipeline/settings.py": (
        '    batch_frames: int = 8\n    """Most frames',
        '    look_twice: bool = False\n    batch_frames: int = 8\n    """Most frames',
    ),
    "actors/camera.py": (
        "    name: str\n    state: str\n    frames: int\n",
        "    zoom: float = 1.0\n    name: str\n    state: str\n    frames: int\n",
    ),
}


def another_version(folder: Path) -> Path:
    """Write it into `folder`; return what PYTHONPATH must be for it."""
    for name in _WHOLE:
        shutil.copytree(_HERE / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name, (old, new) in _CHANGED.items():
        content = (folder / name).read_text(encoding="utf-8")
        if old not in content:
            raise LookupError(f"{name} has changed: say anew what another version has there")
        (folder / name).write_text(content.replace(old, new), encoding="utf-8")
    told = folder / f"anpr_ray-{VERSION}.dist-info"
    told.mkdir()
    (told / "METADATA").write_text(f"Metadata-Version: 2.4\nName: anpr-ray\nVersion: {VERSION}\n", encoding="utf-8")
    return folder
