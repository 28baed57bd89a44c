"""How often a moving road is looked at."""

from __future__ import annotations

import pytest

from pipeline.capture.looks import LookPace


def looks(positions: list[float], per_second: float = 8.0) -> list[float]:
    pace = LookPace(per_second)
    return [at for at in positions if pace.is_due(at)]


@pytest.mark.parametrize(("rate", "most"), [(25.0, 8), (12.0, 8), (50.0, 8), (8.0, 8), (5.0, 5)])
def test_a_camera_gets_eight_looks_a_second_or_all_its_frames(rate: float, most: int) -> None:
    shown = looks([number / rate for number in range(int(rate * 10))])
    assert len(shown) == pytest.approx(10 * most, abs=2)


def test_a_camera_of_just_that_rate_with_uneven_frames_loses_none() -> None:
    positions = [number / 8 + (0.02 if number % 3 else 0.0) for number in range(80)]
    assert looks(positions) == positions


def test_after_a_pause_the_first_frame_is_a_look() -> None:
    assert looks([0.0, 0.04, 5.0, 5.04]) == [0.0, 5.0]


def test_a_jump_back_makes_a_look_and_frames_without_a_position_are_looks() -> None:
    assert looks([100.0, 3.0, 3.04]) == [100.0, 3.0]
    assert LookPace(8.0).is_due(None)
