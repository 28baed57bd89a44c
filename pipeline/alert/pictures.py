"""The pictures that people must look at before they confirm an alert.

They are kept beside the book when an alert is raised, so that a person sees them at once; where that could not be done
they are fetched from wherever the read's record still is. What is shown always is what the read's digests say, and
where the read came without a picture, what came later.

On failure: a picture that is nowhere is None; a damaged one counts as absent and is warned of.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.domain.alert import AlertedRead
from pipeline.domain.ports import RecordSource
from pipeline.domain.read import NO_PICTURE, CaptureRecord, Digest, ReadId, digest_of
from pipeline.errors import AnprError

log = logging.getLogger(__name__)
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """JPEG of the plate and of the vehicle; None where it is nowhere to be found."""

    patch: bytes | None
    overview: bytes | None


class PictureFolder:
    """Files named by their digest. `sources` are asked in order for a record that was not kept."""

    def __init__(self, folder: Path, sources: Sequence[Callable[[], RecordSource]]) -> None:
        self._folder = folder
        self._sources = sources

    def record_of(self, read_id: ReadId) -> CaptureRecord | None:
        """Return the record of a read from the first source that has it; what is damaged is not it."""
        found = (self._asked(source, read_id) for source in self._sources)
        return next((record for record in found if record is not None), None)

    def keep(self, record: CaptureRecord) -> None:
        """Write both pictures; a disk that refuses is warned of, because no alert may wait for it."""
        for content in filter(None, (record.patch, record.overview)):
            path = self._path_of(digest_of(content))
            try:
                if not path.is_file():
                    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                    fresh = path.with_suffix(f".{os.getpid()}")
                    fresh.write_bytes(content)
                    fresh.replace(path)
            except OSError as error:
                log.warning("a picture is not kept with its alert: %s", error.strerror)

    def find(self, read: AlertedRead) -> Pictures:
        """Return the pictures of `read`."""
        patch, overview = self._kept(read.patch_digest), self._kept(read.overview_digest)
        for source in self._sources:
            if patch is not None and overview is not None:
                break
            record = self._asked(source, read.read_id)
            if record is not None:
                patch = patch or _promised(record.patch, read.patch_digest)
                overview = overview or _promised(record.overview, read.overview_digest)
        return Pictures(patch=patch, overview=overview)

    def forget(self, reads: Sequence[AlertedRead]) -> int:
        """Delete the pictures of `reads`; return how many there were."""
        gone = 0
        for digest in {digest for read in reads for digest in (read.patch_digest, read.overview_digest)}:
            path = self._path_of(digest)
            if _DIGEST.fullmatch(digest) and path.is_file():
                path.unlink()
                gone += 1
        return gone

    def _asked(self, source: Callable[[], RecordSource], read_id: ReadId) -> CaptureRecord | None:
        try:
            return source().record_of(read_id)
        except AnprError as error:
            log.warning("a record cannot be fetched, the next place is asked: %s", error)
            return None

    def _kept(self, digest: Digest) -> bytes | None:
        if not _DIGEST.fullmatch(digest):
            return None
        try:
            return _promised(self._path_of(digest).read_bytes(), digest)
        except OSError:
            return None

    def _path_of(self, digest: Digest) -> Path:
        return self._folder / digest[:2] / f"{digest}.jpg"


def _promised(content: bytes, digest: Digest) -> bytes | None:
    if not content:
        return None
    # a read that came without a picture promises none: what came later is its picture
    if digest in NO_PICTURE or digest_of(content) == digest:
        return content
    log.warning("a picture is not what its read says, and is not shown")
    return None
