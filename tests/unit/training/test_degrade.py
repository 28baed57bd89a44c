"""Every kind of light, weather, lens, chip and codec leaves its mark on the pixels, and comes as often as it should."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from pipeline.domain.plate import Pixels
from training import degrade, light
from training.codec import as_video
from training.degrade import (
    ORDINARY,
    Hardship,
    as_jpeg,
    blurred,
    grainy,
    jittered,
    lit,
    moved,
    photographed,
    sensed,
    unfocused,
)
from training.mounting import held, recessed, under_lamps
from training.plates import draw_british_plate

Floats = np.ndarray
SEEDS = range(20)


def a_picture() -> Floats:
    """A yellow plate as it was drawn, on a bluish ground of middle brightness."""
    plate = draw_british_plate("AB12CDE", rear=True, pixels_per_mm=0.5).pixels
    framed = cv2.copyMakeBorder(plate, 20, 20, 20, 20, cv2.BORDER_CONSTANT, value=(140, 110, 100))
    return framed.astype(np.float32)


def parts(pixels: Floats) -> tuple[float, float, float]:
    """The levels of the plate's ground, its ink and what is around it."""
    drawn, grey = a_picture(), pixels.mean(axis=2)
    ink, around = drawn.max(axis=2) < 60, drawn[..., 0] > 130
    return float(np.median(grey[~ink & ~around])), float(grey[ink].mean()), float(grey[around].mean())


def colourless(pixels: Floats) -> bool:
    return float(np.ptp(pixels, axis=2).max()) < 0.01


def steepness(pixels: Floats, axis: int) -> float:
    return float(np.abs(np.diff(pixels.astype(np.float32).mean(axis=2), axis=axis)).mean())


def test_infrared_is_grey_with_a_ground_that_outshines_all_else() -> None:
    for seed in SEEDS:
        seen = light.infrared(np.random.default_rng(seed), a_picture())
        assert colourless(seen)
        ground, ink, around = parts(seen)
        assert ink < 1
        assert ground > 1.4 * around


def test_night_is_dark_and_tinted() -> None:
    for seed in SEEDS:
        seen = light.by_night(np.random.default_rng(seed), a_picture())
        shares = seen[0, 0] / a_picture()[0, 0]
        assert shares.mean() < 0.9
        assert np.ptp(shares) > 0.01
    assert np.mean([light.by_night(np.random.default_rng(seed), a_picture()).mean() for seed in SEEDS]) < 0.5 * float(
        a_picture().mean()
    )


def test_a_camera_without_colour_keeps_the_light() -> None:
    seen = light.without_colour(a_picture())
    assert colourless(seen)
    assert seen.mean() == pytest.approx(float(a_picture().mean()), rel=1e-4)


def test_a_shadow_darkens_one_side_of_an_edge_and_brightens_nothing() -> None:
    edges = 0
    for seed in SEEDS:
        share = light.shadowed(np.random.default_rng(seed), a_picture()) / a_picture()
        assert share.max() <= 1.001
        assert np.ptp(share, axis=2).max() < 0.01
        assert share.min() > 0.25
        edges += share.max() - share.min() > 0.15
    assert edges >= 12


def test_glare_is_a_bright_spot() -> None:
    for seed in SEEDS:
        added = (light.glared(np.random.default_rng(seed), a_picture()) - a_picture()).mean(axis=2)
        assert added.min() > -0.01
        assert added.max() > 40
        assert np.median(added) < 0.75 * added.max()


def test_rain_is_pale_streaks_over_a_little_of_the_picture() -> None:
    dark = np.full((60, 200, 3), 40, np.float32)
    for seed in SEEDS:
        added = (light.rained_on(np.random.default_rng(seed), dark) - dark)[..., 0]
        assert added.max() > 8
        assert 0.0005 < (added > 2).mean() < 0.15
        # Streaks fall: they are longer than broad.
        assert np.abs(np.diff(added, axis=0)).sum() < np.abs(np.diff(added, axis=1)).sum()


@pytest.mark.parametrize(
    ("kind", "share"),
    [
        ("infrared", 0.07), ("by_night", 0.12), ("without_colour", 0.06), ("shadowed", 0.22), ("glared", 0.12),
        ("rained_on", 0.05),
    ],
)  # fmt: skip
def test_every_kind_of_light_comes_as_often_as_it_should(
    monkeypatch: pytest.MonkeyPatch, kind: str, share: float
) -> None:
    drawn: Callable[..., Floats] = getattr(light, kind)
    calls = []

    def noted(*given: object) -> Floats:
        calls.append(kind)
        return drawn(*given)

    monkeypatch.setattr(light, kind, noted)
    small = np.full((6, 20, 3), 120, np.float32)
    for seed in range(1500):
        seen = lit(np.random.default_rng(seed), small)
        assert seen.min() >= 0
        assert seen.max() <= 255
    assert len(calls) / 1500 == pytest.approx(share, abs=0.03)


def test_a_lens_out_of_focus_softens_both_ways_and_more_where_characters_are_larger() -> None:
    sharp = a_picture()
    for seed in SEEDS:
        near, far = (unfocused(np.random.default_rng(seed), sharp, height, 3.0) for height in (60, 15))
        assert steepness(near, 0) <= steepness(far, 0) <= steepness(sharp, 0) + 1e-6
        assert steepness(near, 1) <= steepness(far, 1) <= steepness(sharp, 1) + 1e-6
    soft = [steepness(unfocused(np.random.default_rng(seed), sharp, 40, 3.0), 1) for seed in SEEDS]
    assert np.mean(soft) < 0.8 * steepness(sharp, 1)


def test_movement_smears_mostly_along_the_road() -> None:
    sharp = a_picture()
    level = 0
    for seed in range(40):
        seen = moved(np.random.default_rng(seed), sharp, 40, 3.0)
        across, down = (steepness(seen, axis) / steepness(sharp, axis) for axis in (1, 0))
        assert across < 1.001
        level += across < down
    assert level >= 24


def test_blur_comes_in_three_of_four_pictures() -> None:
    sharp = a_picture()
    changed = [not np.array_equal(blurred(np.random.default_rng(seed), sharp, 40), sharp) for seed in range(200)]
    assert 0.6 < np.mean(changed) < 0.85


def test_a_chip_adds_noise_that_is_half_the_time_coloured() -> None:
    plain = np.full((60, 60, 3), 120, np.float32)
    noise = [grainy(np.random.default_rng(seed), plain) - plain for seed in range(60)]
    assert all(abs(float(one.mean())) < 2 for one in noise)
    assert 3 < np.median([one.std() for one in noise]) < 12
    coloured = [float(np.ptp(one, axis=2).mean()) > 0.3 for one in noise]
    assert 18 <= sum(coloured) <= 42


def blockiness(pixels: Pixels, block: int) -> float:
    """How much steeper a picture is at the edges of blocks than within them."""
    steps = np.abs(np.diff(pixels.astype(np.float32).mean(axis=2), axis=1)).mean(axis=0)
    edges = np.arange(len(steps)) % block == block - 1
    return float(steps[edges].mean() / max(float(steps[~edges].mean()), 1e-6))


def test_jpeg_leaves_blocks_of_eight() -> None:
    x, y = np.meshgrid(np.arange(160), np.arange(96))
    slope = np.repeat((60 + 0.5 * x + 0.4 * y)[..., None], 3, axis=2)
    slope = np.clip(slope + np.random.default_rng(1).normal(0, 5, slope.shape), 0, 255).astype(np.uint8)
    coded = [as_jpeg(np.random.default_rng(seed), slope) for seed in SEEDS]
    assert blockiness(slope, 8) == pytest.approx(1, abs=0.1)
    assert max(blockiness(one, 8) for one in coded) > 1.5
    assert np.mean([blockiness(one, 8) for one in coded]) > 1.1
    assert all(one.shape == slope.shape for one in coded)


@pytest.mark.parametrize("size", [(47, 121), (48, 122), (11, 30)])
def test_h264_takes_fine_detail_and_keeps_the_size(size: tuple[int, int]) -> None:
    fine = np.random.default_rng(2).integers(0, 255, (*size, 3), dtype=np.uint8)
    soft = np.full((*size, 3), 120, np.uint8)
    for seed in range(6):
        coded = as_video(np.random.default_rng(seed), fine)
        assert coded.shape == fine.shape
        assert coded.dtype == np.uint8
        # The colours of four pixels are one.
        spread = [float(np.ptp(one.astype(np.float32), axis=2).mean()) for one in (coded, fine)]
        assert spread[0] < 0.8 * spread[1]
        assert np.abs(as_video(np.random.default_rng(seed), soft).astype(int) - 120).max() < 8


def test_every_codec_comes_as_often_as_it_should(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(degrade, "as_video", lambda rng, pixels: calls.append("video") or pixels)
    monkeypatch.setattr(degrade, "as_jpeg", lambda rng, pixels: calls.append("jpeg") or pixels)
    plain = np.full((12, 12, 3), 120, np.float32)
    for seed in range(1000):
        sensed(np.random.default_rng(seed), plain)
    assert calls.count("video") / 1000 == pytest.approx(0.06, abs=0.025)
    assert calls.count("jpeg") / 1000 == pytest.approx(0.47, abs=0.05)


def sides(quad: np.ndarray) -> tuple[float, float, float, float]:
    top, right, bottom, left = (float(np.linalg.norm(quad[at] - quad[at - 3])) for at in range(4))
    return top, right, bottom, left


def test_characters_go_down_to_eight_pixels() -> None:
    plate = draw_british_plate("AB12CDE")
    smallest = Hardship(smallest_character=8, largest_character=8)
    tall = []
    for seed in range(40):
        _, quad = photographed(np.random.default_rng(seed), plate, hardship=smallest)
        _, right, _, left = sides(np.asarray(quad.corners))
        tall.append((right + left) / 2 * 79 / 111)
    assert 7 < np.median(tall) < 8.3
    heights = []
    for seed in range(300):
        _, quad = photographed(np.random.default_rng(seed), plate)
        _, right, _, left = sides(np.asarray(quad.corners))
        heights.append((right + left) / 2 * 79 / 111)
    assert np.percentile(heights, 10) < 11
    assert np.percentile(heights, 90) > 32


def test_plates_are_seen_from_aside_and_the_quad_is_where_the_plate_is() -> None:
    plate = draw_british_plate("AB12CDE", rear=True, pixels_per_mm=0.75)
    clear = Hardship(smallest_character=40, largest_character=46, blur=0, noise=0, light=0, recessed=0, under_lamps=0)
    alike, slanting = [], 0
    for seed in range(30):
        pixels, quad = photographed(np.random.default_rng(seed), plate, hardship=clear)
        corners = np.asarray(quad.corners, np.float32)
        top, right, bottom, left = sides(corners)
        slanting += abs(right / left - 1) > 0.03 or abs(top / bottom - 1) > 0.03
        flat = np.array([[0, 0], [390, 0], [390, 83], [0, 83]], np.float32)
        upright = cv2.warpPerspective(pixels, cv2.getPerspectiveTransform(corners, flat), (390, 83))
        drawn = cv2.resize(plate.pixels, (390, 83), interpolation=cv2.INTER_AREA)
        alike.append(np.corrcoef(upright.mean(axis=2).ravel(), drawn.mean(axis=2).ravel())[0, 1])
    assert slanting >= 15
    assert np.median(alike) > 0.9


def test_what_a_detector_finds_is_off_by_a_little_and_sometimes_upright() -> None:
    _, quad = photographed(np.random.default_rng(1), draw_british_plate("AB12CDE"), hardship=ORDINARY)
    corners = np.asarray(quad.corners)
    tall = float(np.linalg.norm(corners[3] - corners[0]))
    found = [np.asarray(jittered(np.random.default_rng(seed), quad).corners) for seed in range(60)]
    off = [float(np.abs(one - corners).max()) / tall for one in found]
    assert min(off) > 0
    assert np.median(off) < 0.6


def test_a_holder_frames_the_plate_and_hides_nothing_of_it() -> None:
    plate = draw_british_plate("AB12CDE", pixels_per_mm=0.75).pixels
    for seed in SEEDS:
        framed, (top, bottom, left, right) = held(np.random.default_rng(seed), plate, 0.75)
        assert framed.shape[:2] == (plate.shape[0] + top + bottom, plate.shape[1] + left + right)
        inside = framed[top : top + plate.shape[0], left : left + plate.shape[1]]
        assert np.array_equal(inside, plate)
        assert np.ptp(framed[0], axis=0).max() == 0


def test_in_a_recess_the_upper_edge_is_dark_and_under_lamps_it_is_bright() -> None:
    plain = np.full((80, 300, 3), 120, np.float32)
    corners = np.array([[20, 20], [280, 20], [280, 70], [20, 70]], np.float64)
    for seed in SEEDS:
        shaded = recessed(np.random.default_rng(seed), plain, corners)
        lamps = under_lamps(np.random.default_rng(seed), plain, corners)
        assert shaded.max() < 120.1
        assert shaded[2].mean() < shaded[-5].mean() - 5
        assert lamps[18:26].max() > 140
        assert lamps[18:26].mean() > lamps[-5:].mean()
