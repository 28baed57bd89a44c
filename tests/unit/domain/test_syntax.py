"""Which ages of the current layout were issued, and which texts are of no series."""

import pytest

from pipeline.domain.syntax import has_layout, was_issued
from pipeline.domain.vrm import Vrm


@pytest.mark.parametrize("age", ["02", "26", "51", "76"])
def test_ages_that_were_issued_are_known(age: str) -> None:
    assert was_issued(Vrm(f"AB{age}CDE"))


@pytest.mark.parametrize("age", ["00", "01", "31", "50", "81", "99"])
def test_ages_that_were_not_issued_are_told(age: str) -> None:
    assert not was_issued(Vrm(f"AB{age}CDE"))


@pytest.mark.parametrize("mark", ["A48CDE", "ABC48D", "1234AB", "48XYZ", "", "Q48ABC"])
def test_other_layouts_have_no_age_that_could_be_wrong(mark: str) -> None:
    assert was_issued(Vrm(mark))


@pytest.mark.parametrize(
    "mark", ["J1", "J48", "J4812", "J48123", "J481234", "MN48", "MAN481", "48MAN", "4812MAN", "MAN48D"]
)
def test_marks_of_jersey_and_man_have_a_layout(mark: str) -> None:
    assert has_layout(Vrm(mark))


@pytest.mark.parametrize("mark", ["J", "J4812345", "48", "48123", "POLICE"])
def test_what_any_sign_may_bear_has_none(mark: str) -> None:
    assert not has_layout(Vrm(mark))
