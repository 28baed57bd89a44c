"""Makes a commit on a local folder survive a power cut: Delta Lake's writer leaves it to the kernel when to write.

An object store needs none of this, it has the bytes when it answers. Seen with strace: deltalake 1.6.6 renames and
links its files without any fsync.

On failure: Unavailable when the disk refuses.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import unquote

from pipeline.errors import Unavailable


def local_folder(url: str) -> Path | None:
    """Return the folder that `url` names, None for an object store."""
    if url.startswith("file://"):
        return Path(unquote(url.removeprefix("file://")))
    return None if "://" in url else Path(url)


def settle_up_to(url: str, name: str, version: int, newest_settled: int) -> None:
    """Return once the commits after `newest_settled` up to `version` are on disk; an object store needs nothing."""
    folder = local_folder(url)
    if folder is not None:
        for one in range(max(0, newest_settled + 1), version + 1):
            settle(folder / name, one)


def settle(table: Path, version: int) -> None:
    """Return once the files of the table's commit `version` are on disk. One cleaned up long ago is passed over."""
    entry = table / "_delta_log" / f"{version:020}.json"
    try:
        actions = [json.loads(line) for line in entry.read_text(encoding="utf-8").splitlines()]
        files = [table / unquote(action["add"]["path"]) for action in actions if "add" in action]
        folders = {file.parent for file in files} | {table, table.parent, entry.parent}
        for path in (*files, *sorted(folders), entry):
            sync(path)
    except FileNotFoundError:
        # compaction and retention take away old commits and their files, but never within the writer's own moment
        return
    except OSError as error:
        raise Unavailable(f"the table of {table.name} cannot be made durable: {error.strerror}") from error


def sync(path: Path) -> None:
    """Return once a file, or the names in a folder, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
