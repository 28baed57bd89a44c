"""A force and a national centre as processes of their own over mutual TLS, with a proxy between them."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import urllib3

from actors.cli.__main__ import main
from actors.cli.status import ask
from actors.status import Status
from actors.targets import TARGETS
from pipeline import bootstrap
from pipeline.access.callers.authority import Authority
from pipeline.domain.read import CaptureRecord
from pipeline.errors import AnprError, Unavailable
from pipeline.journal.reader import JournalReader
from pipeline.settings import load_settings
from pipeline.store.lake import Lake
from pipeline.store.look import StoreReader
from pipeline.store.tail import StoreTail
from tests.support.durable import ROOT, script
from tests.support.force_sender import BEGIN, BEGIN_VARIABLE, record_of
from tests.support.proxy import Proxy

WAIT_SECONDS = 200.0
"""For a machine that has much else to do; a quiet one needs a few."""
_PAUSE = threading.Event()
_SERVER_NAMES = ["localhost", "127.0.0.1"]
_TURNED = ROOT / "benchmarks" / "turned"
"""What lets the project's clock go wrong in a process that Python starts with it."""


@dataclass
class Child:
    """A process and the lines it says."""

    process: subprocess.Popen[str]
    lines: queue.Queue[str] = field(default_factory=queue.Queue)

    def __post_init__(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as said:
            for line in said:
                self.lines.put(line.strip())
        self.lines.put("")

    def says(self, begins: str) -> str:
        """Return the next line that begins so. Fails when the process ends without it."""
        while True:
            line = self.lines.get(timeout=WAIT_SECONDS)
            assert line, f"the process ended without saying {begins!r}"
            if line.startswith(begins):
                return line

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()

    def end(self, number: int | None = None) -> int:
        """End it as its user would: by a signal, or by closing its input; return its exit status."""
        if number is not None:
            self.process.send_signal(number)
        if self.process.stdin is not None:
            self.process.stdin.close()
        return self.process.wait(timeout=WAIT_SECONDS)


class TwoEnds:
    """The settings, certificates and processes of both, in `folder`. `centre_folder` is where the centre keeps its."""

    def __init__(self, folder: Path, *, centre_folder: Path | None = None, **share: Any) -> None:
        self.folder = folder
        self.authority = Authority(folder / "ca", now=datetime.now(UTC))
        self.authority.write("server", _SERVER_NAMES)
        self.authority.write("kent", ["kent.test"])
        self.proxy = Proxy(1)
        self.proxy.start()
        self.centre_config, self.force_config = folder / "centre.toml", folder / "force.toml"
        self.centre_config.write_text(_toml(
            {"": {"folder": str(centre_folder or folder / "centre")}, "access": {"force": "national"}}
            | {"services": {"port": 0, "drain_seconds": 0.2} | self._files("server", "client_authorities_file")}
            | {"services.organisations.kent": {"names": ["kent.test"], "may": ["national"]}}
            | {"share.senders.kent": {"feeds": ["kent"]}}
            | {"store": {"commit_after_seconds": 0.2}, "metrics": {"port": 0, "node": "centre"}}
        ))  # fmt: skip
        usual = {
            "peer": f"127.0.0.1:{self.proxy.port}", "retry_first_seconds": 0.2, "retry_longest_seconds": 1.0,
            "answer_seconds": 3.0, "fresh_seconds": 2.0, "most_batch_reads": 100, "batch_wait_seconds": 0.02,
        }  # fmt: skip
        self.force_config.write_text(_toml(
            {"": {"folder": str(folder / "force")}, "access": {"force": "kent"}}
            | {"share": usual | share | self._files("kent", "authorities_file")}
        ))  # fmt: skip
        self.children: list[Child] = []
        for end in ("centre", "force"):
            self.turn_clock(end, 0)

    def start_centre(self) -> Child:
        """Start the centre; the proxy leads to it once it takes reads."""
        command = [sys.executable, "-m", "actors.cli", "national", "--config", str(self.centre_config)]
        child = self.start(command, self._clock_of("centre"))
        said = child.says("The centre takes reads at")
        self.proxy.lead_to(int(said.split(":")[1].split(".")[0]))
        return child

    def start_force(self, reads: int, pace: float = 0.0, *how: str) -> Child:
        """Start the force; `how` may be unruly: batches come out of turn, and some twice."""
        return self.start(script("force_sender", self.force_config, reads, pace, *how), self._clock_of("force"))

    def turn_clock(self, of: str, seconds: int) -> None:
        """Let the clock of `centre` or `force` go wrong by so many seconds."""
        fresh = self.folder / "fresh.clock"
        fresh.write_text(str(seconds), encoding="utf-8")
        fresh.replace(self._clock_of(of))

    def _clock_of(self, end: str) -> Path:
        return self.folder / f"{end}.clock"

    def show(self, capsys: Any) -> list[dict[str, Any]]:
        """Return what `anpr national --show` says."""
        capsys.readouterr()
        assert main(["national", "--show", "--json", "--config", str(self.centre_config)]) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    def certify(self, of: str, *, days_ago: int = 0) -> None:
        """Replace the certificate of `server` or `kent`; one of so many days ago has expired."""
        names = _SERVER_NAMES if of == "server" else ["kent.test"]
        begins = datetime.now(UTC) - timedelta(days=days_ago) if days_ago else None
        issued = self.authority.issue(names, begins=begins, days=1 if days_ago else None)
        for content, key in ((issued.key, True), (issued.certificate, False)):
            fresh = self.folder / "fresh.pem"
            fresh.write_bytes(content)
            fresh.replace(self.authority.file(of, key=key))

    def load_list(self, name: str, marks: list[str]) -> None:
        """Load a list at the centre, as its people would."""
        file = self.folder / f"{name}.csv"
        file.write_text("\n".join(["vrm", *marks]) + "\n", encoding="utf-8")
        terms = ["--owner", "desk", "--purpose", "test", "--review-date", "2030-01-01"]
        assert main(["hotlist", "load", str(file), "--list", name, *terms, "--config", str(self.centre_config)]) == 0

    def wait_for_list(self, name: str, entries: int) -> None:
        """Return when the force has so many entries on that list."""
        store = bootstrap.hotlist_store(load_settings(self.force_config))

        def has_it() -> bool:
            state = store.head().numbered(name)
            return state is not None and state.terms.entries == entries

        self.until(has_it, f"{name} did not come")
        store.close()

    def wait_for_error(self, said: str) -> None:
        """Return when either end has said so in its errors."""
        self.until(lambda: said in (self.folder / "errors.log").read_text(), f"nobody said {said!r}")

    def wait_until_stored(self, reads: int) -> None:
        """Return when the centre has as many reads, and pictures, in its store."""
        self.until(lambda: self._stored() == (reads, 2 * reads), f"not {reads} reads and their pictures were stored")

    def _stored(self) -> tuple[int, int]:
        try:
            stored = self.stored_at_the_centre()
            return stored.count(), stored._images.count_rows()
        except (AnprError, OSError):
            # it is not there yet, or is being merged just now
            return 0, 0

    def until(self, done: Callable[[], bool], otherwise: str) -> None:
        """Return when it is so; fail with `otherwise` when it takes too long."""
        give_up_at = time.monotonic() + WAIT_SECONDS
        while not done():
            assert time.monotonic() < give_up_at, f"{otherwise}; {(self.folder / 'errors.log').read_text()[-2000:]}"
            _PAUSE.wait(0.1)

    def at_the_centre(self) -> list[CaptureRecord]:
        """Return the records in the centre's journal."""
        settings = load_settings(self.centre_config)
        with JournalReader(settings.journal.path_in(settings.folder), settings.journal) as journal:
            return [entry.record for entry in journal.after(0, 10**9)]

    def stored_at_the_centre(self) -> StoreReader:
        settings = load_settings(self.centre_config)
        return StoreReader(settings.store.url_in(settings.folder))

    def stored_at_the_force(self) -> StoreReader:
        """Carry the force's journal into its store, which nobody else does here, and return that."""
        settings = load_settings(self.force_config)
        url = settings.store.url_in(settings.folder)
        with bootstrap.journal_reader(settings) as journal:
            StoreTail(journal, Lake(url, journal.identity), settings.store).finish()
        return StoreReader(url)

    def counted_at_the_centre(self) -> dict[str, float]:
        """Return what is counted there by series, as the endpoint tells it that the list of targets names."""
        (target,) = json.loads((Path(load_settings(self.centre_config).folder) / TARGETS).read_text())
        assert target["labels"] == {"endpoint": "anpr", "node": "centre"}
        url = f"http://{target['targets'][0]}"
        assert urllib3.request("GET", f"{url}/ready").status == 200
        told: list[Status] = []

        def answers() -> bool:
            # a busy machine may be late, and the one that counts be starting
            with suppress(Unavailable):
                told.append(ask(url))
            return bool(told)

        self.until(answers, "the centre does not tell how it is")
        assert told[0].cameras == ()
        lines = urllib3.request("GET", f"{url}/metrics").data.decode().splitlines()
        told = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        return {series: float(value) for series, _, value in told}

    def check_same(self, reads: int) -> None:
        """The stores of both ends hold exactly the same reads and pictures, each once."""
        made = {record.read.read_id: record for record in (record_of("kent", number) for number in range(reads))}
        jpegs = sorted(
            (key, kind, jpeg)
            for key, one in made.items()
            for kind, jpeg in (("patch", one.patch), ("overview", one.overview))
        )
        for stored in (self.stored_at_the_force(), self.stored_at_the_centre()):
            assert sorted(stored.ids()) == sorted(made)
            assert {read.read_id: read for read in stored.reads()} == {key: one.read for key, one in made.items()}
            rows = stored._images.to_table(columns=["read_id", "kind", "jpeg"]).to_pylist()
            assert sorted((row["read_id"], row["kind"], row["jpeg"]) for row in rows) == jpegs

    def start(self, command: list[str], clock: Path | None = None) -> Child:
        """Start a process, with the project's clock as wrong as the file `clock` says."""
        begin = {BEGIN_VARIABLE: BEGIN.isoformat()}
        turned = {"PYTHONPATH": f"{_TURNED}{os.pathsep}{ROOT}", "ANPR_SOAK_CLOCK": str(clock)} if clock else {}
        with (self.folder / "errors.log").open("a") as errors:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": str(ROOT), "GRPC_VERBOSITY": "NONE"} | begin | turned,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        child = Child(process)
        self.children.append(child)
        return child

    def _files(self, of: str, authorities: str) -> dict[str, str]:
        return {
            "certificate_file": str(self.authority.file(of)),
            "key_file": str(self.authority.file(of, key=True)),
            authorities: str(self.authority.file()),
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.proxy.stop()
        for child in self.children:
            child.kill()


def _toml(sections: dict[str, dict[str, Any]]) -> str:
    lines = []
    for name, content in sections.items():
        lines += [f"[{name}]"] if name else []
        lines += [f"{key} = {json.dumps(value)}" for key, value in content.items()]
    return "\n".join(lines) + "\n"
