"""`anpr national`: a national centre as a process, and what it has of each force."""

from __future__ import annotations

import argparse
import json
import signal
import threading
from datetime import UTC, datetime
from types import FrameType
from typing import Any

from actors.cli.given import settings_given
from actors.counter_folder import count_together
from pipeline import bootstrap_share
from pipeline.settings import Settings


def execute(chosen: argparse.Namespace) -> int:
    settings = settings_given(chosen)
    if chosen.show:
        return _show(settings, as_json=chosen.json)
    # before anything that counts is loaded
    counted = count_together()
    from actors.garbage import look_seldom
    from actors.national import Centre

    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    centre = Centre(settings, counted)
    try:
        port = centre.start()
        look_seldom()
        print(f"The centre takes reads at {settings.services.host}:{port}. Ctrl-C ends it.", flush=True)
        centre.until(stopping)
    finally:
        centre.stop()
    return 0


def _show(settings: Settings, *, as_json: bool) -> int:
    found = bootstrap_share.holdings(settings)
    for one in found:
        print(json.dumps(_row(one)) if as_json else _sentence(one))
    if not found and not as_json:
        print("Nothing has come from any force yet.")
    return 0


def _sentence(one: bootstrap_share.Holding) -> str:
    parts = [f"{one.sender}: {one.reads:,} reads stored, {one.counted.pictures:,} pictures came later"]
    if one.newest_captured is not None:
        parts.append(f"the newest was captured {one.newest_captured:%Y-%m-%d %H:%M:%S} UTC")
    parts.append(f"last heard of {one.last_at:%Y-%m-%d %H:%M:%S} UTC" if one.last_at else "never heard of")
    if one.counted.clock_offset_seconds is not None:
        parts.append(f"its clock is within {abs(one.counted.clock_offset_seconds):.1f} s")
    if one.put_aside:
        parts.append(f"{one.put_aside:,} reads put aside (anpr quarantine)")
    if one.erased_before is not None:
        parts.append(f"it holds nothing from before {one.erased_before:%Y-%m-%d}")
    return "; ".join(parts)


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
