"""Does what a short run has no occasion for, with the product's own code, in a process that counts where the node does.

It erases a read that is past its limit from a store of its own, and searches the run's store in every way, again and
again until its input ends: a rate needs more than one.

Usage: rare_work.py SETTINGS FOLDER, with PROMETHEUS_MULTIPROC_DIR set.
"""

from __future__ import annotations

import select
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline import bootstrap_access
from pipeline.clock import SystemClock
from pipeline.domain.query import Query, confusable, exact, partial
from pipeline.settings import load_settings
from pipeline.store.lake import Lake
from pipeline.store.settings import RetentionSettings, UpkeepSettings
from pipeline.store.upkeep.caretaker import Caretaker
from tests.support.builders import a_record
from tests.support.durable import ListJournal

_SEARCH_EVERY_SECONDS = 0.5


def main() -> None:
    config, folder = sys.argv[1:]
    now = datetime.now(UTC)
    long_ago = now - timedelta(days=800)
    journal = ListJournal([a_record(1, captured_at=long_ago, received_at=long_ago)])
    Lake(folder, journal.identity).append(journal.after(0, 1))
    caretaker = Caretaker(
        folder, upkeep=UpkeepSettings(), retention=RetentionSettings(), others=(), clock=SystemClock()
    )
    caretaker.expire(confirmed=True)
    search = bootstrap_access.record_search(load_settings(Path(config)))
    print("done", flush=True)
    while not select.select([sys.stdin], [], [], _SEARCH_EVERY_SECONDS)[0]:
        for terms in ((), (exact("AB12CDE"),), (partial("AB?2*"),), (confusable("AB12CDE"),)):
            search.page(Query(begin=now - timedelta(days=1), end=now, terms=terms))


if __name__ == "__main__":
    main()
