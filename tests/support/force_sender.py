"""A force without cameras: puts made-up reads into its journal and sends them to the centre of its settings.

Arguments: the settings, how many reads, how many a second (0: all at once), and `unruly` where batches are to come out
of turn and some twice. Reads that the journal has already are not made again, so it may be killed and started anew. It
says `made` when all are durable and `arrived` when all have arrived, with their pictures; it ends when its input does,
whatever it is at.
"""

from __future__ import annotations

import os
import select
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from actors import sending as sends
from actors.sending import SendingLoop
from pipeline import bootstrap
from pipeline.domain.plate import Box, CameraId
from pipeline.domain.read import CaptureRecord, FeedId, digest_of, read_id_of
from pipeline.journal.journal import Journal
from pipeline.settings import load_settings
from tests.support.builders import a_read
from tests.support.unruly_peer import UnrulyPeer

CAMERAS = 7
_LOOK_EVERY_SECONDS = 0.05
BEGIN_VARIABLE = "ANPR_FORCE_BEGIN"
_NOW = datetime.now(UTC)
_LAST_MONTH = datetime(_NOW.year - (_NOW.month == 1), (_NOW.month - 2) % 12 + 1, 1, tzinfo=UTC)
BEGIN = datetime.fromisoformat(os.environ.get(BEGIN_VARIABLE, _LAST_MONTH.isoformat()))
"""Captured from then on, a second apart: the same reads in every life of the process. Last month's first day, because
what is older than twelve months is not taken; it is that of whoever started the process, who may have in another month.
"""


def record_of(feed: str, number: int) -> CaptureRecord:
    patch, overview = (f"{kind} {feed} {number}".encode() for kind in ("patch", "overview"))
    at = BEGIN + timedelta(seconds=number)
    camera = CameraId(f"{feed}-{number % CAMERAS}")
    read = a_read(
        read_id=read_id_of(camera, at, Box(x=0, y=0, width=9, height=9)),
        feed_id=FeedId(feed),
        camera_id=camera,
        captured_at=at,
        received_at=at,
        patch_digest=digest_of(patch),
        overview_digest=digest_of(overview),
    )
    return CaptureRecord(read=read, patch=patch, overview=overview)


def main() -> None:
    settings = load_settings(Path(sys.argv[1]))
    count, pace = int(sys.argv[2]), float(sys.argv[3])
    feed = settings.access.force
    if "unruly" in sys.argv[4:]:
        sends.NationalPeer = UnrulyPeer  # type: ignore[misc]
    with bootstrap.journal(settings) as journal:
        loop = SendingLoop(settings)
        sending = threading.Thread(target=loop.run, daemon=True)
        sending.start()
        if not _made(journal, feed, count, pace):
            return
        print("made", flush=True)
        while loop.hold() < journal.last_offset():
            if _ended(_LOOK_EVERY_SECONDS):
                return
        print("arrived", flush=True)
        sys.stdin.read()
        loop.stop()
        sending.join()


def _made(journal: Journal, feed: str, count: int, pace: float) -> bool:
    """Make the reads; return whether all were made before the input ended."""
    step = max(1, int(pace / 20)) if pace else count
    # they are appended in order, and nothing is taken out of this journal
    for begin in range(journal.last_offset(), count, step):
        journal.append([record_of(feed, number) for number in range(begin, min(count, begin + step))])
        if pace and _ended(step / pace):
            return False
    return True


def _ended(within_seconds: float) -> bool:
    """Tell whether the input ends within so long."""
    return bool(select.select([sys.stdin], [], [], within_seconds)[0])


if __name__ == "__main__":
    main()
