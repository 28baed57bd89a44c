"""The part of a picture that is searched: around all that moves, in few shapes, within the picture."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.capture.parts import part_around, part_sizes, parts_around, surroundings_of
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


def apart(*boxes: Box) -> list[Box]:
    return parts_around(*boxes, rows=ROWS, columns=COLUMNS)


def test_movements_far_from_each_other_are_searched_apart_and_near_ones_together() -> None:
    left, right, beside = (Box(x=x, y=400, width=200, height=150) for x in (100, 1600, 350))
    assert [(one.width, one.height) for one in apart(left, right)] == [(576, 384)] * 2
    assert [(one.width, one.height) for one in apart(left, beside)] == [(576, 384)]
    assert apart() == []


def test_four_that_no_pair_makes_cheaper_are_in_one_part_where_that_is_cheaper() -> None:
    four = [Box(x=x, y=y, width=200, height=150) for x in (0, 700) for y in (0, 500)]
    assert [(one.width, one.height) for one in apart(*four)] == [(960, 756)]


def test_many_movements_at_once_are_in_one_part() -> None:
    leaves = [Box(x=270 * at, y=500, width=20, height=20) for at in range(7)]
    assert apart(*leaves) == [part_around(*leaves, rows=ROWS, columns=COLUMNS)]
    assert len(apart(*leaves[::3])) == 3


BOXES = st.builds(
    lambda x, y, width, height: Box(x=x * (COLUMNS - width), y=y * (ROWS - height), width=width, height=height),
    SHARES, SHARES, st.floats(20.0, COLUMNS), st.floats(20.0, ROWS),
)  # fmt: skip


@given(boxes=st.lists(BOXES, min_size=1, max_size=8))
@settings(max_examples=200, deadline=None)
def test_parts_hold_all_that_moves_in_known_shapes_and_no_more_pixels_than_one_part_around_it(boxes: list[Box]) -> None:
    parts = apart(*boxes)
    for box in boxes:
        assert any(
            one.x <= box.x + 1
            and one.y <= box.y + 1
            and box.x + box.width <= one.x + one.width + 1
            and box.y + box.height <= one.y + one.height + 1
            for one in parts
        )
    shapes = {*part_sizes(ROWS, COLUMNS), (ROWS, COLUMNS)}
    assert {(int(one.height), int(one.width)) for one in parts} <= shapes
    together = part_around(*boxes, rows=ROWS, columns=COLUMNS)
    assert sum(one.width * one.height for one in parts) <= together.width * together.height
