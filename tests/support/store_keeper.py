"""Compacts, expires, backs up or restores a store, and is killed at the named fault point, or runs to the end."""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime, timedelta

from pipeline.store.copies.backup import back_up, restore
from pipeline.store.settings import RetentionSettings, UpkeepSettings
from pipeline.store.upkeep.compaction import Compactor
from pipeline.store.upkeep.retention import Retention

AT = datetime(2027, 1, 6, tzinfo=UTC)


def main() -> None:
    action, url, copy, point = sys.argv[1:]

    def at_point(name: str) -> None:
        if name == point:
            os.kill(os.getpid(), signal.SIGKILL)

    if action == "compact":
        compactor = Compactor(url, UpkeepSettings(merge_files=2, merge_image_files=2), at_point)
        while compactor.step(datetime.now(UTC) + timedelta(days=2)):
            continue
        compactor.remove_replaced()
    elif action == "expire":
        Retention(url, RetentionSettings(), at_point).expire(AT, confirmed=True)
    elif action == "back_up":
        back_up(url, copy, AT, at_point)
    elif action == "restore":
        restore(copy, url, at_point)


if __name__ == "__main__":
    main()
