"""Runs the outbox of a force as an actor of Ray over the journal that another process fills.

Its argument is the settings. A line is `held` and the offset up to which everything has arrived, pictures too, each
time it has grown. Ray prints others. It ends when its input does.
"""

from __future__ import annotations

import select
import sys
from pathlib import Path

import ray

from actors.topology import connect, start_outboxes
from pipeline.settings import load_settings

_LOOK_EVERY_SECONDS = 0.05


def main() -> None:
    settings = load_settings(Path(sys.argv[1]))
    connect(settings)
    (outbox,) = start_outboxes(settings).values()
    outbox.run.remote()
    held = -1
    while not select.select([sys.stdin], [], [], _LOOK_EVERY_SECONDS)[0]:
        if held < (now := ray.get(outbox.hold.remote())):
            held = now
            print("held", held, flush=True)


if __name__ == "__main__":
    main()
