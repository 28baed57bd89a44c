"""Other cuts of the same plate."""

import pytest

from pipeline.domain.plate import Quad
from pipeline.recognise.around import cuts_around


def test_the_cuts_lie_around_the_plate_they_are_of() -> None:
    aside, wider = cuts_around(Quad(corners=((100, 50), (300, 50), (300, 90), (100, 90))))
    assert aside.corners[0] == pytest.approx((95.6, 50))
    assert aside.corners[2] == pytest.approx((295.6, 90))
    assert wider.corners[0] == pytest.approx((93.6, 47.8))
    assert wider.corners[2] == pytest.approx((306.4, 92.2))


def test_the_cuts_slant_as_the_plate_does() -> None:
    aside, _ = cuts_around(Quad(corners=((0, 0), (100, 50), (100, 80), (0, 30))))
    assert aside.corners[0] == pytest.approx((-2.2, -1.1))
