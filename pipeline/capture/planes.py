"""From a decoded picture to its brightness, for the motion gate, and to its pixels, where somebody asks for them.

A camera's pictures come as planes: brightness, and colour at half its width. `PlanarPicture` keeps them as they were
decoded and makes blue-green-red of what is asked for: a small picture of the whole or of a part for the search, and
cut-outs at full size around what was found. Its pixels are those that converting the whole picture gives, to the bit.

Figures: processor time at 1080p, the small picture of 640 x 360 in 0.61 ms, which FFmpeg averages in 0.97. It differs
from everything converted and averaged by 0.8 levels of 255 on average (FFmpeg's by 0.5), and by up to 96 where colours
meet, because colour has half the width in it and comes of a quarter of its pixels.
On failure: nothing raises on a picture that was decoded.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Self, cast

import av
import cv2
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from pipeline.capture.motion import Luma
from pipeline.domain.plate import Picture, Pixels

_PLANAR = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "gray"})
"""Formats whose first plane is the brightness in 8 bit."""
_REDUCED = {"yuv420p": "yuv422p", "yuvj420p": "yuvj422p", "yuv422p": "yuv422p", "yuvj422p": "yuvj422p"}
"""What cameras send in practice, kept as planes; and as what it is reduced: less colour costs less to average, and
these become blue-green-red fastest."""
_ACROSS, _ONWARDS = 64, 16
"""Where cut-outs begin and end, in pixels: the conversion takes aligned pixels, so many at once."""
_DOWN = 16
"""Cut-outs are converted in steps of rows and columns, because then most have a size that one before them had."""
_MOST_KEPT = 24
"""Sizes whose conversion each thread keeps: 0.13 MB each."""
_mine = threading.local()
_Planes = tuple[NDArray[np.uint8], ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlanarPicture:
    """A part of a picture (`Decoded`): rows `top` to `bottom`, columns `left` to `right`. It travels as that part."""

    planes: _Planes
    layout: str
    colours: tuple[int, int]
    """Colour space and range, as FFmpeg numbers them."""
    left: int
    top: int
    right: int
    bottom: int

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.bottom - self.top, self.right - self.left, 3

    def __getitem__(self, where: tuple[slice, slice], /) -> Self:
        rows, columns, _ = self.shape
        (top, bottom, _), (left, right, _) = where[0].indices(rows), where[1].indices(columns)
        return self._at(self.left + left, self.top + top, self.left + max(left, right), self.top + max(top, bottom))

    def __array__(self, dtype: Any = None, /, *, copy: bool | None = None) -> Pixels:
        if not self.shape[0] or not self.shape[1]:
            return np.empty(self.shape, np.uint8)
        around = self._around(_ACROSS, _DOWN)
        pixels = _in_colour(around._cut(), self.layout, self.colours)
        top, left = self.top - around.top, self.left - around.left
        return pixels[top : top + self.shape[0], left : left + self.shape[1]]

    def reduced(self, rows: int, columns: int) -> Pixels:
        """Return it averaged to that size, which is smaller. Where it begins or ends in odd places, that is taken for
        the even ones around."""
        around = self._around()
        even = self._at(self.left // 2 * 2, around.top, -(-self.right // 2) * 2, around.bottom)
        # colour has half as many columns
        wide = columns + columns % 2
        widths = wide, wide // 2, wide // 2
        planes = tuple(averaged(plane, rows, width) for plane, width in zip(even._cut(), widths, strict=True))
        pixels = _in_colour(planes, _REDUCED[self.layout], self.colours)
        if wide > columns:
            pixels = np.asarray(cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_LINEAR), np.uint8)
        return pixels

    def __reduce__(self) -> tuple[Any, ...]:
        around = self._around()
        planes = tuple(np.ascontiguousarray(plane) for plane in around._cut())
        rows, columns, _ = around.shape
        where = self.top - around.top, self.left - around.left, *self.shape[:2]
        return _arrived, (planes, (rows, columns), self.layout, self.colours, where)

    def _around(self, onwards: int = _ONWARDS, down: int = 2) -> Self:
        """Return the part around this one that begins where the conversion likes it, and ends in such steps."""
        height, width = self.planes[0].shape
        left, top = self.left // _ACROSS * _ACROSS, self.top // 2 * 2
        right, bottom = left - (left - self.right) // onwards * onwards, top - (top - self.bottom) // down * down
        return self._at(left, top, min(right, width), min(bottom, height))

    def _at(self, left: int, top: int, right: int, bottom: int) -> Self:
        # asked for several times a look: `dataclasses.replace` takes five times as long
        return type(self)(
            planes=self.planes,
            layout=self.layout,
            colours=self.colours,
            left=left,
            top=top,
            right=right,
            bottom=bottom,
        )

    def _cut(self) -> _Planes:
        height, width = self.planes[0].shape
        found = []
        for plane in self.planes:
            down, across = height // plane.shape[0], width // plane.shape[1]
            found.append(plane[self.top // down : self.bottom // down, self.left // across : self.right // across])
        return tuple(found)


def averaged(plane: NDArray[np.uint8], rows: int, columns: int) -> NDArray[np.uint8]:
    """Return a plane at a size that is smaller or the same: halved as often as it goes, then between neighbours.

    Halving is what OpenCV does fastest by far; from there on two neighbours weigh nearly what averaging gives them.
    """
    while plane.shape[0] >= 2 * rows and plane.shape[1] >= 2 * columns:
        half = plane.shape[1] // 2, plane.shape[0] // 2
        plane = np.asarray(cv2.resize(plane, half, interpolation=cv2.INTER_AREA), np.uint8)
    if plane.shape == (rows, columns):
        return np.ascontiguousarray(plane)
    return np.asarray(cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_LINEAR), np.uint8)


def _in_colour(planes: _Planes, layout: str, colours: tuple[int, int]) -> Pixels:
    """Return planes as blue-green-red. What it takes to convert one size is kept: it costs as much as a cut-out."""
    kept: dict[Any, VideoReformatter] = _mine.__dict__.setdefault("kept", {})
    key = planes[0].shape, layout, colours
    reformatter = kept.pop(key, None) or VideoReformatter()
    # the one that was asked for longest ago comes first
    kept[key] = reformatter
    if len(kept) > _MOST_KEPT:
        del kept[next(iter(kept))]
    # it shares the planes, and nothing else: other threads may convert another part of them
    frame = av.VideoFrame.from_dlpack(planes, format=layout)
    frame.colorspace, frame.color_range = colours
    return cast(Pixels, reformatter.reformat(frame, format="bgr24", threads=1).to_ndarray())


def quarters_of(picture: av.VideoFrame) -> int:
    """Return by how many quarter turns, counterclockwise, the picture must be turned to stand upright."""
    return round(picture.rotation / 90) % 4


def luma_of(picture: av.VideoFrame) -> Luma:
    """Return the picture's brightness as it was decoded: not turned, and without a copy where the format allows."""
    if picture.format.name not in _PLANAR:
        picture = picture.reformat(format="gray")
    plane = picture.planes[0]
    lines = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return lines[: picture.height, : picture.width]


def picture_of(picture: av.VideoFrame, quarters: int) -> Picture:
    """Return the picture as height x width x 3 blue-green-red, turned by `quarters`: as pixels, or as planes of which
    they can be made."""
    if picture.format.name in _REDUCED and not quarters and picture.width % 2 == picture.height % 2 == 0:
        return _planar(picture)
    pixels = cast(Pixels, picture.to_ndarray(format="bgr24", threads=1))
    return np.ascontiguousarray(np.rot90(pixels, quarters)) if quarters else pixels


def _planar(picture: av.VideoFrame) -> PlanarPicture:
    planes = []
    for plane in picture.planes:
        lines = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        planes.append(lines[: plane.height, : plane.width])
    return PlanarPicture(
        planes=tuple(planes),
        layout=picture.format.name,
        colours=(picture.colorspace, picture.color_range),
        left=0,
        top=0,
        right=picture.width,
        bottom=picture.height,
    )


def _arrived(
    planes: _Planes, size: tuple[int, int], layout: str, colours: tuple[int, int], where: tuple[int, int, int, int]
) -> PlanarPicture:
    """Return what another process sent, in memory as FFmpeg wants it: it may read a little beyond the last pixel."""
    frame = av.VideoFrame(size[1], size[0], layout)
    frame.colorspace, frame.color_range = colours
    picture = _planar(frame)
    for mine, sent in zip(picture.planes, planes, strict=True):
        mine[:] = sent
    top, left, rows, columns = where
    return picture[top : top + rows, left : left + columns]
