"""The part of a picture that is searched: around all that moves, in few shapes, within the picture."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.capture.parts import part_around, surroundings_of
from pipeline.domain.plate import Box

ROWS, COLUMNS = 1080, 1920
SHARES = st.floats(0.0, 1.0)


def around(*regions: tuple[float, float, float, float]) -> Box:
    moving = [surroundings_of(region, rows=ROWS, columns=COLUMNS) for region in regions]
    return part_around(*moving, rows=ROWS, columns=COLUMNS)


def test_what_moves_in_one_place_is_searched_there_alone() -> None:
    part = around((0.1, 0.3, 0.4, 0.6))
    assert (part.width, part.height) == (960, 756)


def test_what_moves_everywhere_has_the_whole_picture_searched() -> None:
    part = around((0.0, 0.2, 0.9, 0.5))
    assert (part.x, part.y, part.width, part.height) == (0, 0, COLUMNS, ROWS)


def test_what_moves_from_top_to_bottom_is_searched_in_a_part_as_high_as_the_picture() -> None:
    part = around((0.0, 0.0, 0.3, 1.0))
    assert (part.x, part.y, part.width, part.height) == (0, 0, 1344, 1080)


def test_several_that_move_are_searched_in_one_part_around_them_all() -> None:
    left, right = (0.1, 0.3, 0.15, 0.5), (0.4, 0.4, 0.45, 0.6)
    assert around(left, right) == around((0.1, 0.3, 0.45, 0.6))
    assert around(left, (0.9, 0.4, 0.95, 0.6)).width == COLUMNS


@given(across=st.tuples(SHARES, SHARES), down=st.tuples(SHARES, SHARES))
@settings(max_examples=200, deadline=None)
def test_a_part_lies_in_the_picture_and_around_all_that_moves(
    across: tuple[float, float], down: tuple[float, float]
) -> None:
    (left, right), (top, bottom) = sorted(across), sorted(down)
    part = around((left, top, right, bottom))
    # colour has half the size of brightness
    assert all(side % 2 == 0 for side in (part.x, part.y, part.width, part.height))
    assert part.x >= 0
    assert part.y >= 0
    assert part.x + part.width <= COLUMNS
    assert part.y + part.height <= ROWS
    # two pixels of rounding are nothing beside the margin
    assert part.x <= max(left * COLUMNS, 1)
    assert part.y <= max(top * ROWS, 1)
    assert part.x + part.width >= min(right * COLUMNS, COLUMNS - 1)
    assert part.y + part.height >= min(bottom * ROWS, ROWS - 1)
