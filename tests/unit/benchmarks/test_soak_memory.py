"""A leak is told from buffers that fill and empty, and from a process that is still warming up."""

from __future__ import annotations

import pytest

from benchmarks.soak_watch import Life

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
