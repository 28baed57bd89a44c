"""Held against every test: no mark and no place of the tests' reads is in a log, a metric's label, or an error.

And how Hypothesis goes about those that it draws examples for: it has no deadline. And how they are collected: all that
is made for it stays. And how many threads torch has in them: one.
"""

from __future__ import annotations

import gc
import logging
import os
import re
from collections.abc import Generator, Iterator

import pytest
from hypothesis import HealthCheck, settings
from prometheus_client import REGISTRY, generate_latest

from pipeline.errors import AnprError

# torch's threads wait for each other by spinning: where tests run side by side, cores are busy with that. It is read
# when torch is loaded, which is later.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# how long an example takes, or is drawn, says how busy the machine is
settings.register_profile("ours", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")

# the marks that tests use again and again, however they are spelt, and where their cameras stand
TELLING = re.compile(r"AB12 ?CDE|A812CDE|XY34 ?ZZZ|\b51\.25\b", re.IGNORECASE)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without looking for garbage: half a million objects are made, and all of them stay.

    Looking through them again and again took a quarter of the time, in every process of a run.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


class Watch(logging.Handler):
    """Notes what of the product tells a mark or a place."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        told = logging.Formatter("%(message)s").format(record)
        if TELLING.search(told):
            self.found.append(f"a log line of {record.name}, line {record.lineno}")

    def error(self, error: AnprError) -> None:
        if TELLING.search(str(error)):
            self.found.append(f"the message of a {type(error).__name__}")


@pytest.fixture(scope="session")
def watch() -> Iterator[Watch]:
    """Watches the loggers and the errors of the product for the whole run; looks at the metrics when it ends."""
    watching = Watch()
    loggers = [logging.getLogger(name) for name in ("pipeline", "actors")]
    before = AnprError.__init__

    def told(self: AnprError, *given: object) -> None:
        before(self, *given)
        watching.error(self)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(AnprError, "__init__", told)
        for logger in loggers:
            logger.addHandler(watching)
        yield watching
        for logger in loggers:
            logger.removeHandler(watching)
    guilty = [
        line for line in generate_latest(REGISTRY).decode().splitlines() if TELLING.search(line.partition("}")[0])
    ]
    assert not guilty, "a metric's label tells a mark or a place"


@pytest.fixture(autouse=True)
def nothing_tells_a_vehicle_or_a_place(watch: Watch) -> Iterator[None]:
    watch.found.clear()
    yield
    assert watch.found == []
