"""Files below a folder or an object store's prefix, for what Delta Lake does not do itself: copies, erasure, ledgers.

Paths are relative, with `/`. What is written to a local folder is on disk (fsync) and whole when `write` returns; an
object store has it when it answers.

On failure: NotFound for a file that is not there, Unavailable for a disk or store that does not answer.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from deltalake.fs import DeltaStorageHandler
from pyarrow.fs import FileSelector, FileType

from pipeline.domain.read import Digest
from pipeline.errors import NotFound, Unavailable
from pipeline.store.durable import local_folder, sync

_PIECE = 4 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """What a listing says of a file."""

    path: str
    size: int
    modified: datetime


class Files:
    """What lies below `url`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._folder = local_folder(url)
        if self._folder is None:
            with _translated(url):
                self._remote = DeltaStorageHandler(url)

    def under(self, prefix: str) -> list[StoredFile]:
        """Return every file below `prefix`, in the order of their paths; none where there is no such folder."""
        with _translated(prefix):
            if self._folder is None:
                found = [
                    StoredFile(path=info.path, size=info.size, modified=info.mtime)
                    for info in self._remote.get_file_info_selector(
                        FileSelector(prefix, recursive=True, allow_not_found=True)
                    )
                    if info.type == FileType.File
                ]
            else:
                found = list(_listed(self._folder, self._folder / prefix))
        return sorted(found, key=lambda file: file.path)

    def exists(self, path: str) -> bool:
        with _translated(path):
            if self._folder is None:
                return bool(self._remote.get_file_info([path])[0].type == FileType.File)
            return (self._folder / path).is_file()

    @contextmanager
    def reading(self, path: str) -> Iterator[BinaryIO]:
        """Open a file to read and seek in it."""
        with _translated(path):
            opened = self._remote.open_input_file(path) if self._folder is None else (self._folder / path).open("rb")
        with opened as file:
            yield file

    def read(self, path: str) -> bytes:
        with self.reading(path) as file, _translated(path):
            return bytes(file.read())

    def write(self, path: str, content: bytes) -> None:
        """Put `content` there, whole or not at all, instead of what was there."""
        with self._writing(path) as target:
            target.write(content)

    def copy_from(self, other: Files, path: str, to: str | None = None) -> tuple[Digest, int]:
        """Copy a file of `other`; return the SHA-256 and the number of the bytes that were copied."""
        digest, size = hashlib.sha256(), 0
        with other.reading(path) as source, self._writing(to or path) as target:
            while piece := bytes(source.read(_PIECE)):
                digest.update(piece)
                size += len(piece)
                target.write(piece)
        return Digest(digest.hexdigest()), size

    def digest_of(self, path: str) -> Digest:
        digest = hashlib.sha256()
        with self.reading(path) as source, _translated(path):
            while piece := bytes(source.read(_PIECE)):
                digest.update(piece)
        return Digest(digest.hexdigest())

    def move(self, path: str, to: str) -> None:
        self.copy_from(self, path, to)
        self.delete(path)

    def delete(self, path: str) -> bool:
        """Remove a file, and local folders left empty by it; False when it was not there."""
        with _translated(path):
            if self._folder is None:
                there = self.exists(path)
                if there:
                    self._remote.delete_file(path)
                return there
            try:
                (self._folder / path).unlink()
            except FileNotFoundError:
                return False
            parent = (self._folder / path).parent
            if parent != self._folder and parent.name.startswith("capture_day=") and not any(parent.iterdir()):
                # a writer that needs the folder makes it again
                parent.rmdir()
            return True

    @contextmanager
    def _writing(self, path: str) -> Iterator[BinaryIO]:
        with _translated(path):
            if self._folder is None:
                stream: Any = self._remote._handler.open_output_stream(path)
                yield stream
                # only closing makes the object: what failed on the way never appears
                stream.close()
                return
            final = self._folder / path
            made = _missing_folders(final.parent)
            final.parent.mkdir(parents=True, exist_ok=True)
            fresh = final.with_name(f"{final.name}.part")
            with fresh.open("wb") as target:
                yield target
                target.flush()
                os.fsync(target.fileno())
            fresh.replace(final)
            for folder in {final.parent, *(one.parent for one in made)}:
                sync(folder)


def remove_folder(folder: Path) -> None:
    """Remove a local folder with all that is in it, if it is there."""
    with _translated(str(folder)):
        if folder.exists():
            shutil.rmtree(folder)


def _missing_folders(folder: Path) -> list[Path]:
    return [one for one in (folder, *folder.parents) if not one.exists()]


def _listed(root: Path, start: Path) -> Iterator[StoredFile]:
    for folder, _, names in os.walk(start):
        for name in names:
            file = Path(folder) / name
            try:
                status = file.stat()
            except FileNotFoundError:
                # others may remove files meanwhile
                continue
            yield StoredFile(
                path=file.relative_to(root).as_posix(),
                size=status.st_size,
                modified=datetime.fromtimestamp(status.st_mtime, UTC),
            )


@contextmanager
def _translated(path: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {path}") from error
    except OSError as error:
        why = error.strerror or str(error).splitlines()[0][:200]
        raise Unavailable(f"{path}: {why}") from error
