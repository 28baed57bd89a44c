"""What stands around a soaked run: a national centre that may be killed, somebody who watches the alerts, and a clock
turned for the run alone."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

from pipeline import bootstrap
from pipeline.errors import AnprError
from pipeline.settings import Settings
from tests.support.processes import anpr

_TURNED = Path(__file__).parent / "turned"


class Centre:
    """`anpr national` in a process of its own, at `port`, with everything it keeps in `folder`."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._config = folder.with_suffix(".toml")
        self._log = folder.with_suffix(".log")
        self._config.write_text(
            f'folder = "{folder}"\n[services]\nport = {port}\n[metrics]\nport = 0\n'
            '[share.senders.this-machine]\nfeeds = ["*"]\n'
        )  # fmt: skip
        self.port = port
        self._run: psutil.Popen | None = None

    def start(self) -> None:
        self._run = anpr("national", "--config", self._config, log=self._log)

    def kill(self) -> None:
        if self._run is not None and self._run.poll() is None:
            self._run.kill()
            self._run.wait(30)

    def stop(self) -> None:
        """Let it store what it has taken."""
        if self._run is not None and self._run.poll() is None:
            self._run.terminate()
            try:
                self._run.wait(60)
            except psutil.TimeoutExpired:
                self.kill()

    def stored(self) -> list[str]:
        """Return the id of every read in its store, doubles included; empty while there is no store."""
        try:
            return bootstrap.store_reader(Settings(folder=str(self._folder))).ids()
        except AnprError:
            return []


class Subscriber:
    """Somebody at a desk who watches the alerts, in a process that may stop to read. The run must be up to begin."""

    def __init__(self, config: Path, log: Path) -> None:
        self._config = config
        self._log = log
        self._token = log.with_suffix(".token")
        self._watch: psutil.Popen | None = None

    def begin(self) -> None:
        if not self._token.exists():
            who = ("--reason", "a soak", "--permission", "people", "--desk", "control-room")
            trained = ("--role", "investigation", "--trained-until", "2099-12-31")
            self._done("people", "add", "desk", *who, *trained, log=self._log)
            self._done("people", "token", "desk", log=self._token)
        self._watch = anpr("alerts", "watch", "--token", self._token, "--config", self._config, log=self._log)

    def hold(self) -> bool:
        """Let it read no more; where it has ended, let it begin anew and return False."""
        if self._watch is None or self._watch.poll() is not None:
            self.begin()
            return False
        self._watch.suspend()
        return True

    def free(self) -> None:
        if self._watch is not None:
            self._watch.resume()

    def end(self) -> None:
        if self._watch is not None:
            self._watch.kill()
            self._watch.wait(30)

    def _done(self, *given: str, log: Path) -> None:
        if anpr(*given, "--config", self._config, log=log).wait(120):
            raise SystemExit(f"anpr {' '.join(given)} failed: {log.read_text(errors='replace')}")


class TurnedClock:
    """The wall clock of processes that have `variables` in their environment (`turned/sitecustomize.py`)."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.seconds = 0
        """By so much it is wrong."""
        self.turn(0)

    def turn(self, seconds: int) -> None:
        """Let it go wrong by so much, within a fifth of a second."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(str(seconds), encoding="utf-8")
        fresh.replace(self._file)
        self.seconds = seconds

    @property
    def variables(self) -> dict[str, str]:
        folders = [str(_TURNED), str(_TURNED.parents[1]), os.environ.get("PYTHONPATH", "")]
        return {"PYTHONPATH": os.pathsep.join(filter(None, folders)), "ANPR_SOAK_CLOCK": str(self._file)}
