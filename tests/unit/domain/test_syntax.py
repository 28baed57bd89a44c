"""Which ages of the current layout were issued."""

import pytest

from pipeline.domain.syntax import was_issued
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
