"""A drawn plate takes on the light of the picture it is put into: of the plate that was there, or of what is nearby."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from training.detector import placing
from training.detector.corpus import Labelled
from training.detector.placing import Light, light_nearby, light_of_plate, paste
from training.detector.scenes import SceneMaker
from training.plates import RenderedPlate, draw_british_plate

BOX = np.array([500, 300, 760, 356], np.float32)
LIGHTS = {"dim and blue": (0.35, 0.25, 0.2), "bright": (1.0, 1.0, 1.0), "dim and warm": (0.2, 0.3, 0.45)}


def a_frame(light: tuple[float, float, float]) -> np.ndarray:
    """A frame of 1280 x 720 with a white plate in `BOX`, all of it under one light."""
    frame = np.full((720, 1280, 3), 110, np.float32)
    plate = draw_british_plate("AB12CDE", pixels_per_mm=0.5).pixels
    left, top, right, bottom = (int(side) for side in BOX)
    frame[top:bottom, left:right] = cv2.resize(plate, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
    return np.clip(frame * light, 0, 255).astype(np.uint8)


def ground_and_ink(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows = pixels.reshape(-1, 3).astype(float)
    return np.percentile(rows, 80, axis=0), np.percentile(rows, 4, axis=0)


@pytest.mark.parametrize("light", LIGHTS.values(), ids=LIGHTS)
def test_the_light_of_a_real_plate_is_that_of_its_ground_and_its_ink(light: tuple[float, float, float]) -> None:
    measured = light_of_plate(a_frame(light), BOX)
    assert measured.high == pytest.approx(238 * np.array(light), rel=0.06)
    assert measured.low.max() < 50 * max(light)


def test_where_there_is_next_to_no_plate_the_light_is_an_ordinary_one() -> None:
    measured = light_of_plate(a_frame((1, 1, 1)), np.array([5, 5, 6, 6], np.float32))
    assert measured.low.max() < measured.high.min()


@pytest.mark.parametrize("light", LIGHTS.values(), ids=LIGHTS)
def test_a_plate_is_pasted_in_the_light_it_is_given(
    monkeypatch: pytest.MonkeyPatch, light: tuple[float, float, float]
) -> None:
    monkeypatch.setattr(placing, "_sheen", lambda rng, height, width: np.ones((height, width, 1), np.float32))
    frame = np.full((720, 1280, 3), 110, np.uint8)
    quad = np.array([[500, 300], [760, 300], [760, 356], [500, 356]], np.float32)
    given = Light(low=np.array([20, 24, 28], np.float32), high=238 * np.array(light, np.float32))
    paste(np.random.default_rng(1), frame, draw_british_plate("AB12CDE", pixels_per_mm=0.5), quad, given, holder=False)
    ground, ink = ground_and_ink(frame[306:350, 510:750])
    assert ground == pytest.approx(given.high, abs=8)
    assert ink == pytest.approx(given.low, abs=20)
    assert np.array_equal(frame[:280], np.full_like(frame[:280], 110))


@pytest.mark.parametrize("light", LIGHTS.values(), ids=LIGHTS)
def test_a_real_plate_is_replaced_by_a_drawn_one_in_its_own_light(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, light: tuple[float, float, float]
) -> None:
    def white(rng: np.random.Generator, width: float) -> RenderedPlate:
        return draw_british_plate("XY34ZAB", pixels_per_mm=0.6)

    monkeypatch.setattr("training.detector.scenes.plate_for", white)
    cv2.imwrite(str(tmp_path / "frame.png"), a_frame(light))
    frame = Labelled(path=tmp_path / "frame.png", boxes=BOX[None])
    maker = SceneMaker([frame], [frame], [])
    # Neither the purple cast of the real dashcam is taken off here, nor are photographs stretched.
    monkeypatch.setattr("training.detector.scenes.uncast", lambda pixels, strength: pixels)
    grounds = []
    for seed in range(12):
        scene = maker._with_other_plates(np.random.default_rng(seed))
        [plate] = scene.plates
        assert plate.exact
        low, high = plate.quad.min(axis=0).astype(int) + 3, plate.quad.max(axis=0).astype(int) - 3
        grounds.append(ground_and_ink(scene.pixels[low[1] : high[1], low[0] : high[0]])[0])
    wanted = 238 * np.array(light)
    ground = np.median(grounds, axis=0)
    assert ground == pytest.approx(wanted, rel=0.3)
    assert ground / ground.mean() == pytest.approx(wanted / wanted.mean(), rel=0.1)


def test_a_plate_in_a_dark_place_is_darker_than_one_in_a_bright_place() -> None:
    quad = np.array([[500, 300], [760, 300], [760, 356], [500, 356]], np.float32)
    places = (np.full((720, 1280, 3), level, np.uint8) for level in (90, 170))
    dark, bright = (
        np.mean([light_nearby(np.random.default_rng(seed), place, quad, dark=False).high.mean() for seed in range(40)])
        for place in places
    )
    assert dark + 40 < bright


def test_a_plate_in_a_blue_place_is_bluish() -> None:
    quad = np.array([[500, 300], [760, 300], [760, 356], [500, 356]], np.float32)
    place = np.full((720, 1280, 3), (180, 110, 90), np.uint8)
    for seed in range(20):
        found = light_nearby(np.random.default_rng(seed), place, quad, dark=False)
        assert found.high[0] > found.high[2]
        assert found.low.max() < found.high.min()
