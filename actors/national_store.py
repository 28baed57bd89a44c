"""The store of a national centre, in a process of its own, so that taking reads and storing them share no interpreter.

The process ends with the centre: at once when the centre is gone, with all of the journal stored when it is told to.
One that was killed is started again and goes on from what is durable; its commits and those of one that still dies
exclude each other, for the tables hold how far the journal has come.
On failure: `look` raises what no retry can mend, and Unavailable for a process that dies again and again.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from actors.tailing import TailLoop
from pipeline import bootstrap, metrics
from pipeline.clock import SystemClock
from pipeline.errors import AnprError, Unavailable
from pipeline.settings import Settings
from pipeline.store.tail import StoreTail

log = logging.getLogger(__name__)
_TELL_EVERY_SECONDS = 0.5
_MOST_DEATHS = 5
_PROCESSES = multiprocessing.get_context("spawn")


class StoreProcess:
    """Carries the journal, which exists, into the store from `start` until `stop`. For one thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._deaths = 0
        self._running: tuple[SpawnProcess, Connection] | None = None
        self.position = 0
        """Up to there the journal is stored."""

    def start(self) -> None:
        line, theirs = _PROCESSES.Pipe()
        process = _PROCESSES.Process(target=_run, args=(self._settings, theirs), name="store")
        process.start()
        theirs.close()
        self._running = process, line

    def look(self) -> None:
        """Hear how far it is, and start it again if it was killed. Raises what has ended it otherwise."""
        if self._running is None:
            return
        process, line = self._running
        ended = not process.is_alive()
        self._hear(line)
        if not ended:
            return
        line.close()
        self._running = None
        self._deaths += 1
        log.error("the store's process ended with status %s", process.exitcode)
        if self._deaths >= _MOST_DEATHS:
            raise Unavailable("the store's process died again and again without storing anything: see the log above")
        self.start()

    def stop(self) -> None:
        """Let it store the rest. Raises what kept it from that."""
        if self._running is None:
            return
        process, line = self._running
        try:
            line.send("stop")
        except OSError:
            log.warning("the store's process is gone; the next start stores the rest")
        process.join()
        with line:
            self._hear(line)

    def _hear(self, line: Connection) -> None:
        try:
            while line.poll():
                said = line.recv()
                if isinstance(said, AnprError):
                    raise said
                if said > self.position:
                    self.position, self._deaths = said, 0
        except (EOFError, OSError):
            # it has died, and said all it had to say
            return


def _run(settings: Settings, line: Connection) -> None:
    """The process: store, tell how far that is, and end when told to or when nobody is left who could tell."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # a Ctrl-C reaches this process too, but the centre says when to end
        signal.signal(number, signal.SIG_IGN)
    logging.basicConfig(level=os.environ.get("ANPR_LOG", "WARNING"), format="%(levelname)s %(name)s: %(message)s")
    metrics.ACTOR_STARTS.labels("store").inc()
    try:
        tail = _opened(settings, line)
        loop = TailLoop("store", tail, SystemClock())
        with ThreadPoolExecutor(1) as threads:
            stored = threads.submit(loop.run)
            while not stored.done():
                try:
                    if line.poll(_TELL_EVERY_SECONDS):
                        line.recv()
                        loop.stop()
                        wait([stored])
                    line.send(tail.position)
                except (EOFError, OSError):
                    # the centre was killed: whoever is started next goes on from what is durable
                    os._exit(1)
            stored.result()
    except AnprError as error:
        log.error("the store has stopped: %s", error)
        with suppress(OSError):
            line.send(error)


def _opened(settings: Settings, line: Connection) -> StoreTail:
    """Return the tail, once the disk lets it be opened. Raises what no retry can mend, or had not by the end."""
    while True:
        try:
            return bootstrap.store_tail(settings)
        except AnprError as error:
            if not error.retry_can_help or line.poll(_TELL_EVERY_SECONDS):
                raise
            log.warning("the store cannot be opened, it is tried again: %s", error)
