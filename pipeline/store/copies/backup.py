"""Copies of a store: a backup is a store too, laid out alike, so that it can be searched, verified and expired as one.

Promise: a backup is the tables at one moment, complete, however much is appended or compacted meanwhile; only files it
does not hold yet are copied, and files that left the tables since the last backup are removed from it, so that a
renewed backup keeps nothing longer than the store does. Its manifest holds the SHA-256 of every file, and is written
last: a copy without one was not finished. A restore checks every file against the manifest while it copies, and ends
with what a restored store must not have: reads past their limit. Between a folder and an object store this is also the
way to move.

On failure: Unavailable for a disk or store that does not answer (calling again goes on where it was), NotFound where
there is no finished backup, IntegrityError for a file that is not what the manifest says or a log that lost its newest
commit, BadInput for a destination that is not empty.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.errors import BadInput, IntegrityError, NotFound
from pipeline.store.files import Files
from pipeline.store.tables import KINDS, newest_commit, open_table, translated
from pipeline.store.upkeep.listing import files_of

FAULT_POINTS = ("before-copy", "files-copied", "log-copied", "manifest-written", "stale-removed")
"""Moments of a backup or a restore at which the tests kill the process, in order."""

MANIFEST = "manifest.json"
_UNFINISHED = "ledger/restoring"
_LOG = re.compile(r"_delta_log/(\d{20})\.(json|checkpoint\.parquet)$")
_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a copy did: files and bytes that went over, and files that it holds in all."""

    copied: int
    bytes: int
    files: int
    versions: Mapping[str, int]


def back_up(url: str, target: str, now: datetime, at_point: Callable[[str], None] = lambda _: None) -> Copied:
    """Bring the backup at `target` to what the store at `url` holds now."""
    source, copy = Files(url), Files(target)
    at_point("before-copy")
    held = _manifest_files(copy)
    for attempt in range(_TRIES):
        try:
            wanted, versions = _snapshot(source)
            digests, copied, size = _copy_data(source, copy, wanted, held)
            at_point("files-copied")
            break
        except NotFound:
            # compaction or retention took a file away meanwhile
            if attempt == _TRIES - 1:
                raise
    digests |= _copy_log(source, copy, versions)
    at_point("log-copied")
    manifest = {"at": now.isoformat(), "versions": versions, "files": digests}
    copy.write(MANIFEST, json.dumps(manifest, sort_keys=True).encode())
    at_point("manifest-written")
    for name in KINDS:
        for file in copy.under(name):
            if file.path not in digests and not file.path.endswith("_last_checkpoint"):
                copy.delete(file.path)
    at_point("stale-removed")
    return Copied(copied=copied, bytes=size, files=len(digests), versions=versions)


def restore(backup: str, url: str, at_point: Callable[[str], None] = lambda _: None) -> Copied:
    """Make the store at `url`, where there is none, of a finished backup, checking every file on the way."""
    source, target = Files(backup), Files(url)
    at_point("before-copy")
    manifest = _manifest(source)
    begun = target.exists(_UNFINISHED)
    if not begun and any(target.under(name) for name in KINDS):
        raise BadInput("there is a store already: move it away, or restore to another place")
    target.write(_UNFINISHED, manifest["at"].encode())
    data = sorted(path for path in manifest["files"] if "_delta_log/" not in path)
    log = sorted(path for path in manifest["files"] if "_delta_log/" in path)
    size = sum(_copy_checked(source, target, path, manifest["files"][path]) for path in data)
    at_point("files-copied")
    # the log goes last: until then there is no table, and nobody takes half of one for the whole
    size += sum(_copy_checked(source, target, path, manifest["files"][path]) for path in log)
    at_point("log-copied")
    target.delete(_UNFINISHED)
    at_point("manifest-written")
    for name, version in manifest["versions"].items():
        if open_table(url, name).version() != version:
            raise IntegrityError(f"the restored table of {name} is not at the version of the backup")
    at_point("stale-removed")
    return Copied(copied=len(data) + len(log), bytes=size, files=len(data) + len(log), versions=manifest["versions"])


def put_back(backup: str, url: str, table: str, path: str) -> bool:
    """Put one file back from the backup; False where the backup does not hold a good copy of it."""
    source, place = Files(backup), f"{table}/{path}"
    digest = _manifest_files(source).get(place)
    if digest is None:
        return False
    try:
        _copy_checked(source, Files(url), place, digest)
    except (IntegrityError, NotFound):
        return False
    return True


def _snapshot(source: Files) -> tuple[dict[str, int], dict[str, int]]:
    """Return the files of all tables with their sizes, and the versions they belong to."""
    wanted: dict[str, int] = {}
    versions: dict[str, int] = {}
    for name in KINDS:
        table = open_table(source.url, name)
        entry = newest_commit(name, table)
        if not source.exists(entry) and open_table(source.url, name).version() == table.version():
            raise IntegrityError(
                f"the log misses {entry}: restore the store from the last backup, which this one spares"
            )
        versions[name] = table.version()
        wanted |= {f"{name}/{file.path}": file.size for file in files_of(table)}
    return wanted, versions


def _copy_data(
    source: Files, copy: Files, wanted: Mapping[str, int], held: Mapping[str, str]
) -> tuple[dict[str, str], int, int]:
    there = {file.path: file.size for name in KINDS for file in copy.under(name)}
    digests: dict[str, str] = {}
    copied = size = 0
    for path, expected in wanted.items():
        if path in held and there.get(path) == expected:
            digests[path] = held[path]
            continue
        digests[path], length = copy.copy_from(source, path)
        if length != expected:
            copy.delete(path)
            raise IntegrityError(f"{path} has {length} bytes instead of {expected}: verify the store, then back it up")
        copied, size = copied + 1, size + length
    return digests, copied, size


def _copy_log(source: Files, copy: Files, versions: Mapping[str, int]) -> dict[str, str]:
    """Give the copy a log of one checkpoint for each table, and of the commits since if there are."""
    digests: dict[str, str] = {}
    for name, version in versions.items():
        with translated(name):
            table = open_table(source.url, name)
            table.load_as_version(version)
            table.create_checkpoint()
        for file in source.under(f"{name}/_delta_log"):
            found = _LOG.search(file.path)
            if found and int(found.group(1)) == version:
                digests[file.path], _ = copy.copy_from(source, file.path)
        last = f"{name}/_delta_log/_last_checkpoint"
        # it may already speak of a later one, which the copy does not have
        copy.delete(last)
    return digests


def _copy_checked(source: Files, target: Files, path: str, digest: str) -> int:
    if target.exists(path) and target.digest_of(path) == digest:
        return 0
    found, size = target.copy_from(source, path)
    if found != digest:
        target.delete(path)
        raise IntegrityError(f"{path} of the backup is not what was backed up; use another backup")
    return size


def _manifest(files: Files) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(files.read(MANIFEST))
    except NotFound as error:
        raise NotFound("there is no finished backup: it has no manifest") from error
    except ValueError as error:
        raise IntegrityError("the manifest of the backup is damaged; use another backup") from error
    return manifest


def _manifest_files(files: Files) -> Mapping[str, str]:
    try:
        held: dict[str, str] = _manifest(files)["files"]
    except NotFound:
        return {}
    return held
