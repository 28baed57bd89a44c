"""kill -9 of whoever raises alerts, at random moments: every hit is in exactly one alert, every event is told."""

from __future__ import annotations

import os
import random
import subprocess
from collections import Counter
from pathlib import Path

from pipeline.alert.book import AlertBook
from pipeline.alert.settings import AlertSettings
from pipeline.domain.alert import AlertState
from pipeline.match.hits_store import HitsStore
from tests.support.alerts import CONTROL_ROOM, an_alerted_hit
from tests.support.builders import AT, a_read
from tests.support.durable import ROOT, run_script, script

HITS = 120
KILLS = int(os.environ.get("ANPR_ALERT_KILLS", "2"))


def test_alerts_raised_under_kills_hold_every_hit_once(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    # two hits of every three come within a window, and are one alert
    hits = [
        an_alerted_hit(number, seconds=3600 * (number // 3) + 400 * (number % 3 // 2)).hit for number in range(HITS)
    ]
    found = [an_alerted_hit(number, seconds=3600 * (number // 3) + 400 * (number % 3 // 2)) for number in range(HITS)]
    store = HitsStore(tmp_path / "hits.db", "journal-1")
    store.append(
        [
            (hit, a_read(read_id=one.read.read_id, captured_at=one.read.captured_at, received_at=one.read.received_at))
            for hit, one in zip(hits, found, strict=True)
        ],
        position=1,
        at=AT,
    )
    store.close()
    for _ in range(KILLS):
        raising = subprocess.Popen(
            script("alert_writer", tmp_path / "hits.db", tmp_path / "alerts"),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert raising.stdout is not None
        for _ in range(chance.randrange(1, max(2, HITS // (4 * KILLS)))):
            raising.stdout.readline()
        raising.kill()
        raising.stdout.close()
        raising.wait()
    ended = run_script("alert_writer", tmp_path / "hits.db", tmp_path / "alerts")
    assert ended.returncode == 0, ended.stderr
    book = AlertBook(tmp_path / "alerts" / "alerts.db", AlertSettings())
    alerts = [alert for _, alert in book.alerts((CONTROL_ROOM,), states=list(AlertState), limit=10_000)]
    held = Counter(one.hit_id for alert in alerts for one in (alert.hit, *(again.hit for again in alert.repeats)))
    assert held == Counter({hit.hit_id: 1 for hit in hits}), f"seed {seed}"
    assert len(alerts) == 2 * HITS // 3, f"seed {seed}"
    events, cursor = [], 0
    while (looked := book.events_after(cursor, (CONTROL_ROOM,), 256)).cursor > cursor:
        events += looked.events
        cursor = looked.cursor
    assert Counter(event.kind.value for event in events) == {"raised": 2 * HITS // 3, "repeated": HITS // 3}
    book.close()
