"""What stands or moves beside the vehicles and is drawn in every frame: the arm of the barrier, the traffic signals."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Pixels
from training.scenes.camera import Camera
from training.scenes.ground_truth import Scene, placed_at
from training.scenes.road import Layout

ARM_AT, ARM_HEIGHT = 5.0, 0.95
_ARM_THICK, _OPENING_SECONDS, _OPENS_WITHIN = 0.11, 1.0, 17.0
_SHIFT = 4


def arm_angles(scene: Scene) -> NDArray[np.float64]:
    """Return how far (0..1) the barrier's arm is up in each frame: down while a vehicle waits or none comes."""
    wanted = np.zeros(scene.frame_count)
    lead = round(_OPENING_SECONDS * scene.frames_per_second)
    for sequence in range(scene.frame_count):
        for vehicle in placed_at(scene, sequence):
            if vehicle.drive.rear or vehicle.drive.lane_x < 0 or vehicle.z > _OPENS_WITHIN:
                continue
            stop = vehicle.drive.waits_at
            if stop is None or vehicle.z < stop - 0.05 or vehicle.drive.waits_for <= 0:
                wanted[max(0, sequence - lead) : sequence + 1] = 1.0
    up, angles = 0.0, np.zeros(scene.frame_count)
    for sequence, target in enumerate(wanted):
        up += float(np.clip(target - up, -1 / lead, 1 / lead))
        angles[sequence] = up
    return angles


def draw_arm(pixels: Pixels, camera: Camera, layout: Layout, up: float) -> None:
    """Draw the red and white arm, hinged at the right kerb, in place."""
    pivot = np.array([layout.edge + 0.25, ARM_HEIGHT, ARM_AT])
    turn = np.radians(82 * up)
    along = np.array([-np.cos(turn), np.sin(turn), 0.0])
    across = np.array([along[1], -along[0], 0.0]) * _ARM_THICK / 2
    length, pieces = layout.edge + 0.05, 9
    for piece in range(pieces):
        start, end = (pivot + along * length * (piece + part) / pieces for part in (0, 1))
        colour = (48, 40, 190) if piece % 2 else (228, 230, 230)
        _fill(pixels, camera, [start + across, end + across, end - across, start - across], colour)
        shade = tuple(channel * 0.72 for channel in colour)
        _fill(pixels, camera, [start - across * 0.3, end - across * 0.3, end - across, start - across], shade)


def draw_signal(pixels: Pixels, camera: Camera, x: float, z: float) -> None:
    """Draw the back of a traffic signal, which shows its lamps to the traffic it stops, in place."""
    _upright(pixels, camera, x - 0.06, x + 0.06, 0.0, 2.3, z, (70, 72, 70))
    _upright(pixels, camera, x - 0.3, x + 0.3, 2.05, 3.25, z, (158, 160, 160))
    _upright(pixels, camera, x - 0.27, x + 0.27, 2.08, 3.22, z, (30, 30, 30))
    _upright(pixels, camera, x - 0.15, x + 0.15, 2.15, 3.12, z, (40, 41, 41))


def _upright(
    pixels: Pixels,
    camera: Camera,
    left: float,
    right: float,
    low: float,
    high: float,
    z: float,
    colour: tuple[float, ...],
) -> None:
    _fill(
        pixels,
        camera,
        [np.array(p) for p in ((left, high, z), (right, high, z), (right, low, z), (left, low, z))],
        colour,
    )


def _fill(pixels: Pixels, camera: Camera, corners: list[NDArray[np.float64]], colour: tuple[float, ...]) -> None:
    ring = np.round(camera.project(np.array(corners)) * 2**_SHIFT).astype(np.int32)
    cv2.fillConvexPoly(pixels, ring, colour, cv2.LINE_AA, _SHIFT)
