"""What the peers' scripts share: the loop over requests, and timing. They run without the product, by path.

Tasks: `version`; `read` (files, british, crops); `video` (files); `photo_timing` (files, british, rounds, threads) and
`plate_timing` (the same and batch). A task that a peer cannot do is answered with an empty object.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Answer = Callable[[dict[str, Any]], dict[str, Any]]


def answer_all(tasks: Mapping[str, Answer]) -> None:
    """Answer every request until there are no more."""
    # what a library prints must not get between the answers
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        task = tasks.get(request.pop("task"))
        answers.write(json.dumps(task(request) if task else {}) + "\n")
        answers.flush()


def plain(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())


def timed(work: Callable[[Any], object], given: Sequence[Any], rounds: int) -> list[float]:
    """Return the milliseconds of every call of `work`, after one round that does not count."""
    spent = []
    for at in range(rounds + 1):
        for one in given:
            started = time.perf_counter()
            work(one)
            if at:
                spent.append(1000 * (time.perf_counter() - started))
    return spent
