"""The list file that a run was given: loaded when the run starts, and again whenever it changes.

On failure: at the start what is wrong is raised; later a wrong file is counted and warned of once, and the last good
lists stay in force.
"""

from __future__ import annotations

import getpass
import logging
from datetime import timedelta
from pathlib import Path

from pipeline import metrics
from pipeline.domain.ports import Clock
from pipeline.errors import AnprError, BadInput, NotFound
from pipeline.match.lists.file import read_list_file
from pipeline.match.lists.loading import Loaded, LoadRequest, load
from pipeline.match.lists.store import HotlistStore
from pipeline.match.settings import MatchSettings

log = logging.getLogger(__name__)
_ORIGIN = "run"


class FileWatch:
    """Keeps the lists of the store equal to a file."""

    def __init__(self, path: Path, store: HotlistStore, settings: MatchSettings, clock: Clock) -> None:
        self._path = path
        self._store = store
        self._settings = settings
        self._clock = clock
        self._seen: tuple[int, int, int] | None = None

    def load(self) -> Loaded:
        """Load the file as it is now. Raises what is wrong with it."""
        self._seen = self._stamp()
        today = self._clock.now().date()
        request = LoadRequest(
            by=person(),
            origin=_ORIGIN,
            terms_if_new={
                "owner": person(),
                "purpose": "given to a run",
                "review_date": today + timedelta(days=self._settings.review_within_days),
            },
        )
        file = read_list_file(self._path)
        return load(self._store, file, request, least_share=self._settings.least_share_of_last, today=today)

    def look(self) -> None:
        """Load the file if it is not the one seen last."""
        if self._stamp() == self._seen:
            return
        try:
            self.load()
        except (BadInput, NotFound) as error:
            if isinstance(error, NotFound):
                metrics.HOTLIST_REJECTED.inc()
            log.warning("the new hotlist is refused, the last good one stays in force: %s", error)
        except AnprError as error:
            # the store is busy or its disk is full: the same file is tried again
            self._seen = None
            log.warning("the new hotlist cannot be loaded now: %s", error)

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            # a list that is being replaced may be gone for a moment
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino


def person() -> str:
    """Return the name under which this process runs, for the record of who loaded what."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
