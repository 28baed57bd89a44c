"""Asks a peer, which runs in an environment of its own, so that its dependencies never meet the product's.

A peer is a script beside this file. It answers every line it gets (a JSON object with `task` and what that needs) with
one line: an object. It is handed paths, and is timed by itself, from decoded pixels on.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pipeline.errors import Unavailable

ENVIRONMENT = Path(".venv-peers/bin/python")
PEERS = ("simplelpr", "rapidocr")


class Peer:
    """A running peer. Raises Unavailable when it is not installed or has ended."""

    def __init__(self, name: str, python: Path = ENVIRONMENT) -> None:
        self.name = name
        if not python.exists():
            raise Unavailable(f"{name} is not installed: there is no {python} (see `make peers`)")
        script = Path(__file__).with_name(f"{name}_answers.py")
        self._process = subprocess.Popen(
            [str(python), str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.version = str(self.ask(task="version")["version"])

    def ask(self, **request: Any) -> dict[str, Any]:
        """Return the peer's answer."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the peer was started without pipes")
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as ended:
            raise Unavailable(f"{self.name} has ended") from ended
        answer = self._process.stdout.readline()
        if not answer:
            raise Unavailable(f"{self.name} gave no answer: is it installed in the peers' environment?")
        found: dict[str, Any] = json.loads(answer)
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(timeout=30)
        if self._process.stdout is not None:
            self._process.stdout.close()
