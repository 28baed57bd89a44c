"""The part of a picture that is searched: around all that moves, in few shapes, within the picture."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.capture.parts import part_around

ROWS, COLUMNS = 1080, 1920
SHARES = st.floats(0.0, 1.0)


def test_what_moves_in_one_place_is_searched_there_alone() -> None:
    part = part_around((0.1, 0.3, 0.4, 0.6), rows=ROWS, columns=COLUMNS)
    assert (part.width, part.height) == (960, 756)


def test_what_moves_everywhere_has_the_whole_picture_searched() -> None:
    part = part_around((0.0, 0.2, 0.9, 0.5), rows=ROWS, columns=COLUMNS)
    assert (part.x, part.y, part.width, part.height) == (0, 0, COLUMNS, ROWS)


def test_what_moves_from_top_to_bottom_is_searched_in_a_part_as_high_as_the_picture() -> None:
    part = part_around((0.0, 0.0, 0.3, 1.0), rows=ROWS, columns=COLUMNS)
    assert (part.x, part.y, part.width, part.height) == (0, 0, 1344, 1080)


@given(across=st.tuples(SHARES, SHARES), down=st.tuples(SHARES, SHARES))
@settings(max_examples=200, deadline=None)
def test_a_part_lies_in_the_picture_and_around_all_that_moves(
    across: tuple[float, float], down: tuple[float, float]
) -> None:
    (left, right), (top, bottom) = sorted(across), sorted(down)
    part = part_around((left, top, right, bottom), rows=ROWS, columns=COLUMNS)
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
