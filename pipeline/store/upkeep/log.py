"""The log of a table, cut to its newest checkpoint: its statistics hold marks, which outlive their rows otherwise.

On failure: Unavailable; the checkpoint is on disk before anything older goes, so that a crash between leaves a log that
is only longer than it need be.
"""

from __future__ import annotations

import re

from pipeline.store.durable import local_folder, sync
from pipeline.store.files import Files
from pipeline.store.tables import open_table, translated

_VERSION = re.compile(r"_delta_log/(\d{20})\.")


def erase_log(url: str, name: str) -> int:
    """Write a checkpoint of the table as it is, and remove every older log file; return how many."""
    table = open_table(url, name)
    with translated(name):
        table.create_checkpoint()
    files = Files(url)
    log = f"{name}/_delta_log"
    folder = local_folder(url)
    if folder is not None:
        for path in sorted((folder / log).glob(f"{table.version():020}.*")):
            sync(path)
        # of a table that nothing was ever committed to the engine writes a checkpoint that nothing points at
        if (folder / log / "_last_checkpoint").exists():
            sync(folder / log / "_last_checkpoint")
        sync(folder / log)
    old = [file.path for file in files.under(log) if _version_of(file.path) < table.version()]
    return sum(files.delete(path) for path in old)


def tidy_log(url: str, name: str) -> None:
    """Remove log files that are past their hour and that a checkpoint stands for."""
    with translated(name):
        open_table(url, name).cleanup_metadata()


def _version_of(path: str) -> float:
    found = _VERSION.search(path)
    # whatever is not numbered is not a commit or a checkpoint of one
    return int(found.group(1)) if found else float("inf")
