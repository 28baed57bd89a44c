"""Settings of the store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """`url` is a folder or an object store (`s3://…`); empty means `folder`/store."""

    url: str = ""
    commit_reads: int = 500
    """So many reads are committed at once without waiting."""
    commit_after_seconds: float = 1.0
    """Fewer are committed when the oldest of them has waited for so long."""
    most_commit_reads: int = 20_000
    """More than this are not committed at once, however many wait."""
    most_commit_mebibytes: int = 64
    """Nor more than so much of reads with their pictures: a commit is made in memory."""

    def __post_init__(self) -> None:
        if self.commit_reads < 1 or self.commit_after_seconds < 0:
            raise ValueError("commit_reads must be at least 1 and commit_after_seconds not negative")
        if self.most_commit_reads < self.commit_reads or self.most_commit_mebibytes < 1:
            raise ValueError("most_commit_reads must be at least commit_reads and most_commit_mebibytes at least 1")

    def url_in(self, folder: str) -> str:
        """Return where the tables lie for the settings' `folder`."""
        return self.url.rstrip("/") or str(Path(folder) / "store")
