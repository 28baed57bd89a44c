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
    most_commit_mebibytes: int = 32
    """Nor more than so much of reads with their pictures: a commit is made in memory."""

    def __post_init__(self) -> None:
        if self.commit_reads < 1 or self.commit_after_seconds < 0:
            raise ValueError("commit_reads must be at least 1 and commit_after_seconds not negative")
        if self.most_commit_reads < self.commit_reads or self.most_commit_mebibytes < 1:
            raise ValueError("most_commit_reads must be at least commit_reads and most_commit_mebibytes at least 1")

    def url_in(self, folder: str) -> str:
        """Return where the tables lie for the settings' `folder`."""
        return self.url.rstrip("/") or str(Path(folder) / "store")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpkeepSettings:
    """How small commits become large files, and when what is replaced goes."""

    merge_files: int = 32
    """So many small files of reads of one day are merged into one."""
    merged_file_mebibytes: int = 8
    """Files of reads of a day that goes on are merged up to this size."""
    merge_image_files: int = 256
    merged_image_file_mebibytes: int = 64
    """Pictures are merged when so many files, or so much, has come; larger files are left alone."""
    sorted_file_mebibytes: int = 256
    """A closed day of reads is sorted into files of this size."""
    day_closed_after_hours: int = 1
    """A day, in UTC, is closed so long after its midnight; late reads are merged in afterwards."""
    sort_memory_mebibytes: int = 1024
    """Sorting beyond this goes over temporary files."""
    keep_replaced_files_hours: int = 1
    """A search that began on replaced files may go on for so long."""
    merge_every_seconds: float = 10.0
    """How often small files are looked for."""
    tidy_every_seconds: float = 3600.0
    """How often replaced files are removed, and what has expired is erased."""

    def __post_init__(self) -> None:
        if self.keep_replaced_files_hours < 1:
            raise ValueError("keep_replaced_files_hours must be at least 1: files in the making are younger")
        if min(self.merge_files, self.merge_image_files) < 2:
            raise ValueError("merge_files and merge_image_files must be at least 2")
        sizes = (self.merged_file_mebibytes, self.merged_image_file_mebibytes, self.sorted_file_mebibytes)
        if min(*sizes, self.sort_memory_mebibytes) < 1 or self.day_closed_after_hours < 0:
            raise ValueError("sizes must be at least 1 MiB and day_closed_after_hours not negative")
        if min(self.merge_every_seconds, self.tidy_every_seconds) <= 0:
            raise ValueError("merge_every_seconds and tidy_every_seconds must be greater than 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """How long reads, pictures and all that is made of them are kept."""

    months: int = 12
    """Calendar months; see pipeline/domain/retention.py for how they are counted."""
    longest_standstill_days: int = 3
    """After a longer one, or a clock that jumped as far, nothing is erased until an operator confirms the date."""

    def __post_init__(self) -> None:
        if not 1 <= self.months <= 1200 or self.longest_standstill_days < 1:
            raise ValueError("months must be 1 to 1200 and longest_standstill_days at least 1")
