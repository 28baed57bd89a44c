"""Runs shards and publisher over the lists of a folder, and prints every revision that a matcher would take.

A line is: `seen`, the revision, how many entries it holds, and the reasons that stand in them. Ray prints others. It
ends when its input does.
"""

from __future__ import annotations

import select
import sys
from dataclasses import replace

import ray

from actors.hotlist_source import RemoteHotlist
from actors.topology import connect, start_hotlists
from pipeline.clock import SystemClock
from pipeline.settings import Settings
from tests.support.lists import entries_in

_LOOK_EVERY_SECONDS = 0.02


def main() -> None:
    settings = Settings(folder=sys.argv[1])
    settings = replace(settings, match=replace(settings.match, shards=2))
    connect(settings)
    _, publisher = start_hotlists(settings, "test")
    ray.get(publisher.ready.remote())
    source = RemoteHotlist(publisher, SystemClock())
    source.wait_for_first()
    seen = None
    while not select.select([sys.stdin], [], [], _LOOK_EVERY_SECONDS)[0]:
        snapshot = source.current()
        if snapshot is not seen:
            seen = snapshot
            entries = entries_in(snapshot)
            reasons = ",".join(sorted({entry.reason for entry in entries}))
            print("seen", snapshot.revision, len(entries), reasons, flush=True)


if __name__ == "__main__":
    main()
