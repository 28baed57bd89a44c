"""Puts a package on the disk, as a folder or as a ZIP: whole or not at all.

On failure: BadInput when something is there already, Unavailable for a disk that refuses; nothing of it is left then.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipeline.access.evidence.verify import zipped
from pipeline.errors import BadInput, Unavailable

ZIP = ".zip"


def require_free(to: Path) -> None:
    """Raise BadInput unless a package can be put there."""
    if to.exists() or to.is_symlink():
        raise BadInput(f"{to}: is there already; a package is never written over another")


def place(files: Mapping[str, bytes], to: Path) -> None:
    """Put the package at `to`: as a ZIP if it is called so, else as a folder. Readable by its owner alone."""
    require_free(to)
    with _translated(to):
        to.parent.mkdir(parents=True, exist_ok=True)
        fresh = to.with_name(f".{to.name}.part")
        _remove(fresh)
        try:
            if to.suffix.lower() == ZIP:
                _write(fresh, zipped(files))
            else:
                _write_folder(fresh, files)
            require_free(to)
            fresh.rename(to)
            _settle(to.parent)
        finally:
            _remove(fresh)


def put_file(path: Path, content: bytes) -> None:
    """Put `content` into one file, whole, in place of what was there."""
    with _translated(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.part")
        try:
            _write(fresh, content)
            fresh.replace(path)
            _settle(path.parent)
        finally:
            fresh.unlink(missing_ok=True)


def _write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir(mode=0o700)
    for name, content in files.items():
        (folder / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(folder / name, content)
    for one in {(folder / name).parent for name in files} | {folder}:
        _settle(one)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(f"{path}: the package cannot be written: {error.strerror or error}") from error
