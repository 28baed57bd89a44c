"""The watch that is kept over the whole test run (`tests/conftest.py`) sees what it is for."""

from __future__ import annotations

import logging

import pytest

from pipeline.errors import BadInput
from tests.conftest import Watch


@pytest.mark.parametrize("told", ["AB12CDE", "the mark ab12 cde", "at 51.25, 0.5"])
def test_a_mark_or_a_place_in_a_log_line_or_an_error_is_noticed(watch: Watch, told: str) -> None:
    logging.getLogger("pipeline.anywhere").warning("seen: %s", told)
    BadInput(told)
    assert len(watch.found) == 2
    watch.found.clear()


def test_what_tells_nothing_is_not_noticed(watch: Watch) -> None:
    logging.getLogger("actors.anywhere").warning("camera %s: 3 reads in 51.2 s", "north-gate")
    BadInput("a VRM has at most 16 characters, got 17")
    assert watch.found == []
