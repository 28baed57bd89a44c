"""`anpr national`: a national centre as a process, and what it has of each force."""

from __future__ import annotations

import argparse
import json
import signal
import threading
from datetime import UTC, datetime
from types import FrameType
from typing import Any

from rich.console import Console
from rich.table import Table

from actors.cli.given import settings_given
from pipeline import bootstrap_share
from pipeline.settings import Settings


def execute(chosen: argparse.Namespace) -> int:
    settings = settings_given(chosen)
    if chosen.show:
        return _show(settings, as_json=chosen.json)
    from actors.national import Centre

    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    centre = Centre(settings)
    try:
        port = centre.start()
        print(f"The centre takes reads at {settings.services.host}:{port}. Ctrl-C ends it.", flush=True)
        centre.until(stopping)
    finally:
        centre.stop()
    return 0


def _show(settings: Settings, *, as_json: bool) -> int:
    forces = [_row(one) for one in bootstrap_share.holdings(settings)]
    if as_json:
        for row in forces:
            print(json.dumps(row))
        return 0
    table = Table(
        "force", "reads stored", "pictures", "newest", "last heard of", "put aside", "clock off", "erased up to"
    )
    for row in forces:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    Console().print(table if forces else "Nothing has come from any force yet.")
    return 0


def _row(one: bootstrap_share.Holding) -> dict[str, Any]:
    return {
        "force": one.sender,
        "reads": one.reads,
        "pictures": one.counted.pictures,
        "newest_captured": _time(one.newest_captured),
        "last_heard": _time(one.last_at),
        "put_aside": one.put_aside,
        "clock_offset_seconds": one.counted.clock_offset_seconds,
        "erased_before": _time(one.erased_before),
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds")
