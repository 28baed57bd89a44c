"""Plates cut at an end: the text is what can be seen of them, and nobody has to guess at half a character."""

import numpy as np

from training.plates import draw_british_plate
from training.recogniser.corpus import Backgrounds
from training.recogniser.partly import cut, partly_seen

SPANS = [(0.05 + 0.13 * place, 0.15 + 0.13 * place) for place in range(7)]
PATCH = np.broadcast_to(np.arange(192, dtype=np.uint8)[None, :, None], (48, 192, 3)).copy()


def test_a_plate_knows_where_its_characters_are() -> None:
    plate = draw_british_plate("AB12CDE", rear=True)
    dark = np.flatnonzero((plate.pixels[..., 2] < 60).any(axis=0))
    assert len(plate.spans) == 7
    assert all(left < right <= later for (left, right), (later, _) in zip(plate.spans, plate.spans[1:], strict=False))
    assert abs(plate.spans[0][0] - dark.min()) < 4
    assert abs(plate.spans[-1][1] - dark.max()) < 4


def test_a_character_is_either_seen_or_hidden() -> None:
    for seed in range(200):
        shown, kept = cut(np.random.default_rng(seed), PATCH, "AB12CDE", SPANS)
        # the patch says in each column where it was: what comes after the edge is smeared, plain or stretched away
        rising = np.flatnonzero(np.diff(shown[0, :, 0].astype(int)) < 0)
        stretched = not len(rising) and shown[0, -1, 0] != shown[0, -20, 0]
        edge = (
            int(shown[0, -1, 0]) + 1
            if stretched
            else int(np.argmin(shown[..., 0] == PATCH[..., 0], axis=1)[0]) or 192
        )  # fmt: skip
        seen = [np.clip((edge / 192 - left) / (right - left), 0, 1) for left, right in SPANS]
        assert 4 <= kept <= 7
        assert all(share > 0.65 for share in seen[:kept])
        assert all(share < 0.35 for share in seen[kept:])


def test_the_text_is_an_end_of_the_mark_and_the_same_seed_draws_the_same() -> None:
    for seed in range(12):
        first, text = partly_seen(np.random.default_rng(seed), Backgrounds(None))
        again, same = partly_seen(np.random.default_rng(seed), Backgrounds(None))
        assert np.array_equal(first, again)
        assert text == same
        assert first.shape == (48, 192, 3)
