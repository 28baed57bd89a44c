"""The pinhole camera: where a point of the road is in the picture, and how a flat face is drawn there.

World coordinates are metres: x to the right, y up from the road, z ahead of the camera's foot. Image coordinates are
pixels; whole numbers are the centres of pixels. Angles are degrees: pitch looks down, yaw looks right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.domain.plate import Pixels
from training.scenes.surfaces import Texture

NEAREST = 0.7
"""Nothing closer to the lens than this (metres) is drawn."""

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A camera `height` metres above the road and `x` metres right of its middle; `focal` is in pixels."""

    width: int
    height_pixels: int
    focal: float
    x: float
    height: float
    pitch: float
    yaw: float = 0.0

    @cached_property
    def turn(self) -> Vector:
        """Rows: the camera's right, down and forward as world directions."""
        p, y = np.radians(self.pitch), np.radians(self.yaw)
        forward = np.array([np.sin(y) * np.cos(p), -np.sin(p), np.cos(y) * np.cos(p)])
        right = np.array([np.cos(y), 0.0, -np.sin(y)])
        return np.array([right, np.cross(right, forward), forward])

    @cached_property
    def lens(self) -> Vector:
        """Pixels from camera coordinates."""
        return np.array(
            [[self.focal, 0, (self.width - 1) / 2], [0, self.focal, (self.height_pixels - 1) / 2], [0, 0, 1.0]]
        )

    def seen_from_lens(self, points: Vector) -> Vector:
        """Return points (n x 3, world) in camera coordinates; the third is the depth in metres."""
        return np.asarray((points - np.array([self.x, self.height, 0.0])) @ self.turn.T)

    def project(self, points: Vector) -> Vector:
        """Return where points (n x 3, all ahead of the lens) are in the picture (n x 2)."""
        seen = self.seen_from_lens(points) @ self.lens.T
        return np.asarray(seen[:, :2] / seen[:, 2:])

    def scaled(self, factor: int) -> Camera:
        """Return the same camera with `factor` times as many pixels each way."""
        return Camera(
            width=self.width * factor,
            height_pixels=self.height_pixels * factor,
            focal=self.focal * factor,
            x=self.x,
            height=self.height,
            pitch=self.pitch,
            yaw=self.yaw,
        )


def camera_of(size: tuple[int, int], *, x: float, height: float, pitch: float, yaw: float = 0.0) -> Camera:
    """Return a camera whose picture is `size` (width, height) pixels; its view is 44 degrees wide at any size."""
    return Camera(width=size[0], height_pixels=size[1], focal=1.25 * size[0], x=x, height=height, pitch=pitch, yaw=yaw)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Face:
    """A flat picture in space: `corner` is its top left as one looks at it, `across` and `down` its edges."""

    corner: Vector
    across: Vector
    down: Vector
    texture: Texture
    one_sided: bool = True

    def moved(self, by: Vector) -> Face:
        return Face(
            corner=self.corner + by, across=self.across, down=self.down, texture=self.texture, one_sided=self.one_sided
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A part of the picture in whole pixels; right and bottom are not in it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def empty(self) -> bool:
        return self.right <= self.left or self.bottom <= self.top


def face_between(corners: Sequence[Sequence[float]], texture: Texture, one_sided: bool = True) -> Face:
    """Return the face with the top left, top right and bottom left corners given."""
    first, second, third = (np.array(corner, np.float64) for corner in corners)
    return Face(corner=first, across=second - first, down=third - first, texture=texture, one_sided=one_sided)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Projected:
    """A face ready to draw: `quad` (4 x 2) is where the part `rows`, `columns` (0..1) of its texture goes."""

    texture: Texture
    rows: tuple[float, float]
    columns: tuple[float, float]
    quad: Vector


def projected(camera: Camera, face: Face) -> Projected | None:
    """Return the part of `face` that is ahead of the lens, or None when nothing of its front is to be seen."""
    edges = np.array([face.corner, face.corner + face.across, face.corner + face.down])
    depths = camera.seen_from_lens(edges)[:, 2]
    base, across, down = depths[0], depths[1] - depths[0], depths[2] - depths[0]
    columns, rows = (0.0, 1.0), (0.0, 1.0)
    if abs(across) > abs(down):
        columns = _kept(base + min(down, 0.0), across)
    else:
        rows = _kept(base + min(across, 0.0), down)
    if columns[1] - columns[0] <= 1e-3 or rows[1] - rows[0] <= 1e-3:
        return None
    shares = [(columns[0], rows[0]), (columns[1], rows[0]), (columns[1], rows[1]), (columns[0], rows[1])]
    quad = camera.project(np.array([face.corner + u * face.across + v * face.down for u, v in shares]))
    first, second = quad[2] - quad[0], quad[3] - quad[1]
    if face.one_sided and first[0] * second[1] - first[1] * second[0] <= 0:
        return None
    return Projected(texture=face.texture, rows=rows, columns=columns, quad=quad)


def _kept(base: float, slope: float) -> tuple[float, float]:
    """Return the range of 0..1 where base + slope * t is at least NEAREST."""
    if abs(slope) < 1e-9:
        return (0.0, 1.0) if base >= NEAREST else (0.0, 0.0)
    crossing = float((NEAREST - base) / slope)
    return (max(0.0, crossing), 1.0) if slope > 0 else (0.0, min(1.0, crossing))


def region_of(quads: Sequence[Vector], width: int, height: int, margin: int = 2) -> Region:
    """Return the part of a width x height picture that the quads touch."""
    points = np.concatenate(list(quads)) if quads else np.zeros((1, 2))
    low, high = np.floor(points.min(axis=0)) - margin, np.ceil(points.max(axis=0)) + margin + 1
    left, top = int(np.clip(low[0], 0, width)), int(np.clip(low[1], 0, height))
    return Region(left=left, top=top, right=int(np.clip(high[0], 0, width)), bottom=int(np.clip(high[1], 0, height)))


def paste(layer: Pixels, face: Projected, region: Region) -> None:
    """Draw a face over `layer`, the premultiplied blue-green-red-alpha picture of `region`."""
    width, height = region.right - region.left, region.bottom - region.top
    inner = region_of([face.quad - (region.left, region.top)], width, height)
    if inner.empty:
        return
    drawn = warped(
        face, region.left + inner.left, region.top + inner.top, inner.right - inner.left, inner.bottom - inner.top
    )
    over(layer[inner.top : inner.bottom, inner.left : inner.right], drawn)


def warped(face: Projected, left: int, top: int, width: int, height: int) -> Pixels:
    """Return the face as it is seen in the part of the picture that begins at (left, top)."""
    full = face.texture.levels[0]
    drawn_at = face.quad
    long_side = max(np.hypot(*(drawn_at[1] - drawn_at[0])), np.hypot(*(drawn_at[2] - drawn_at[3])), 1.0)
    tall_side = max(np.hypot(*(drawn_at[3] - drawn_at[0])), np.hypot(*(drawn_at[2] - drawn_at[1])), 1.0)
    wide, tall = full.shape[1] * (face.columns[1] - face.columns[0]), full.shape[0] * (face.rows[1] - face.rows[0])
    pixels = face.texture.level_for(float(np.sqrt(wide / long_side * tall / tall_side)))
    left_column, right_column = (share * pixels.shape[1] for share in face.columns)
    top_row, bottom_row = (share * pixels.shape[0] for share in face.rows)
    source = np.array(
        [[left_column, top_row], [right_column, top_row], [right_column, bottom_row], [left_column, bottom_row]]
    )
    matrix = cv2.getPerspectiveTransform((source - 0.5).astype(np.float32), (drawn_at - (left, top)).astype(np.float32))
    cut = pixels[int(top_row) : int(np.ceil(bottom_row)), int(left_column) : int(np.ceil(right_column))]
    shift = np.array([[1, 0, int(left_column)], [0, 1, int(top_row)], [0, 0, 1.0]])
    return np.asarray(cv2.warpPerspective(cut, matrix @ shift, (width, height), flags=cv2.INTER_LINEAR), np.uint8)


def over(under: Pixels, drawn: Pixels) -> None:
    """Lay the premultiplied picture `drawn` (four channels) over `under` (three or four), in place."""
    rest = cv2.bitwise_not(drawn[..., 3])
    channels = under.shape[2]
    dimmed = cv2.multiply(under, cv2.merge([rest] * channels), scale=1 / 255)
    cv2.add(dimmed, drawn if channels == 4 else cv2.cvtColor(drawn, cv2.COLOR_BGRA2BGR), dst=under)
