"""How misreads are taken apart into what was read and what stood there."""

from __future__ import annotations

import numpy as np
import pytest

from training.recogniser.misreads import differences, worse


@pytest.mark.parametrize(
    ("read", "truth", "pieces"),
    [
        ("AB12CDE", "AB12CDE", []),
        ("AB12CDO", "AB12CD0", []),
        ("A812CDE", "AB12CDE", [("8", "B")]),
        ("B12CDE", "AB12CDE", [("", "A")]),
        ("AB12CDEJ", "AB12CDE", [("J", "")]),
        ("ABHCDE", "AB11CDE", [("H", "11")]),
        ("AB11CDE", "ABHCDE", [("11", "H")]),
        ("ABH2CDF", "AB112CDE", [("H", "11"), ("F", "E")]),
    ],
)
def test_a_misread_is_the_pieces_that_differ(read: str, truth: str, pieces: list[tuple[str, str]]) -> None:
    assert differences(read, truth) == pieces


def test_a_text_that_has_little_in_common_is_no_misread_of_characters() -> None:
    assert differences("AB12CDE", "XY34ZZZ") is None


def test_a_patch_made_worse_has_less_contrast_and_keeps_its_shape() -> None:
    patch = np.zeros((48, 192, 3), np.uint8)
    patch[:, ::8] = 255
    bad = worse(np.random.default_rng(1), patch, 6)
    assert bad.shape == patch.shape
    assert bad.std() < patch.std() / 2
