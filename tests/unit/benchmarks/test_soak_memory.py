"""A leak is told from buffers that fill and empty, and from a process that is still warming up."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from types import SimpleNamespace
from typing import cast

import pytest

from benchmarks.soak_system import System
from benchmarks.soak_watch import Life, Watch

MEBIBYTE = 2**20
WARM_UP = 60.0


def life(mebibytes: list[float]) -> Life:
    """Return a process with one sample every five seconds."""
    one = Life("CameraActor")
    for at, memory in enumerate(mebibytes):
        one.seconds.append(5.0 * at)
        one.memory.append(memory * MEBIBYTE)
        one.files.append(50)
    return one


def test_a_leak_is_told_by_its_slope_and_by_what_it_took() -> None:
    leaking = life([100 + at / 12 for at in range(121)])
    assert leaking.slope(WARM_UP) == pytest.approx(60.0)
    assert leaking.growth(WARM_UP) == pytest.approx(8.0, abs=0.6)


def test_a_leak_under_buffers_that_fill_and_empty_is_told_as_well() -> None:
    leaking = life([100 + at / 12 + (70 if at % 5 else 0) for at in range(121)])
    assert leaking.slope(WARM_UP) == pytest.approx(60.0, rel=0.25)


def test_buffers_that_fill_and_empty_are_no_leak() -> None:
    assert life([100 + (at % 5) * 20 for at in range(121)]).slope(WARM_UP) == 0.0


def test_what_a_process_takes_while_it_warms_up_is_no_leak() -> None:
    assert life([min(50 + 10 * at, 170) for at in range(121)]).growth(WARM_UP) == 0.0


def test_one_step_is_no_leak() -> None:
    assert life([100 if at < 90 else 120 for at in range(121)]).slope(WARM_UP) == 0.0


def test_a_short_life_tells_nothing() -> None:
    assert life([100 + at for at in range(30)]).slope(WARM_UP) is None


class Process:
    """A process of which only this is known."""

    def __init__(self, pid: int, born: float, files: int) -> None:
        self.pid, self._born, self._files = pid, born, files

    def oneshot(self) -> AbstractContextManager[None]:
        return nullcontext()

    def memory_info(self) -> SimpleNamespace:
        return SimpleNamespace(rss=70 * 2**20, shared=0)

    def num_fds(self) -> int:
        return self._files

    def create_time(self) -> float:
        return self._born


def test_a_process_that_has_the_number_of_an_earlier_one_is_another_life() -> None:
    first, second = Process(77, 1.0, 53), Process(77, 900.0, 120)
    shown: list[dict[str, list[Process]]] = [{"AuditActor": [first]}] * 20 + [{"AlertActor": [second]}] * 20
    watch = Watch(cast(System, SimpleNamespace(workers=lambda: shown.pop(0))), warm_up=0.0)
    for sample in range(40):
        watch.sample(sample * 5.0)
    figures = watch.figures()
    assert figures["processes_watched"] == 2
    assert figures["longest_life_seconds"] == 95
    assert figures["open_files_grown_most"] == 0
