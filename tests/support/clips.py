"""Real clips from drawn frames, encoded with the encoders of the installed PyAV; no recorded picture is involved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from pipeline.domain.plate import Picture, Pixels

WIDTH, HEIGHT = 320, 180


def yesterday() -> datetime:
    """Return when clips are said to have been made whose reads a running system keeps.

    Of a fixed day, their reads would be erased once it is twelve months ago, and taken by no centre.
    """
    return (datetime.now(UTC) - timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)


def grey(level: int, *, width: int = WIDTH, height: int = HEIGHT) -> Pixels:
    """Return an even picture; `level` survives the codec within a few levels and so tells the frame's number."""
    return np.full((height, width, 3), level, dtype=np.uint8)


def counted(count: int) -> list[Pixels]:
    """Return frames whose brightness tells their number: 4 levels apart, from 16."""
    return [grey(16 + 4 * number) for number in range(count)]


def number_of(pixels: Picture) -> int:
    """Return which of the `counted` frames this decoded one is; the codec darkens them by 3 levels."""
    return round((float(np.asarray(pixels).mean()) - 13) / 4)


def textured(count: int, *, width: int = WIDTH, height: int = HEIGHT) -> list[Pixels]:
    """Return frames of moving noise, which give large packets to damage."""
    random = np.random.default_rng(1)
    return [random.integers(0, 255, (height, width, 3), dtype=np.uint8) for _ in range(count)]


def write_clip(
    path: Path,
    frames: Iterable[Pixels],
    *,
    codec: str = "libx264",
    frames_per_second: int = 25,
    created: str = "",
    pts: Sequence[int] | None = None,
    keyframe_every: int = 10,
    later_pictures: int = 0,
) -> Path:
    """Encode `frames` at `path`; the container follows its suffix. `pts` counts in 1 / `frames_per_second` s.

    Of H.264, up to `later_pictures` in a row are predicted from later ones (B-frames).
    """
    with av.open(str(path), "w", options={"movflags": "+faststart"} if path.suffix == ".mp4" else {}) as container:
        if created:
            container.metadata["creation_time"] = created
        fast = {"preset": "ultrafast", "bf": str(later_pictures)} if codec == "libx264" else {}
        stream = container.add_stream(codec, rate=frames_per_second, options={**fast, "g": str(keyframe_every)})
        stream.codec_context.time_base = Fraction(1, frames_per_second)
        for number, pixels in enumerate(frames):
            if number == 0:
                stream.height, stream.width = pixels.shape[:2]
                stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            frame = av.VideoFrame.from_ndarray(pixels, format="bgr24")
            frame.pts = pts[number] if pts is not None else number
            frame.time_base = Fraction(1, frames_per_second)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_sound(path: Path) -> Path:
    """Write a second of silence: a media file without a picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), dtype=np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def flip_bits(path: Path, *, count: int, seed: int) -> Path:
    """Flip `count` single bits in the pictures of an MP4 whose index stands before them."""
    content = bytearray(path.read_bytes())
    begin = content.index(b"mdat") + 4
    random = np.random.default_rng(seed)
    for place in random.integers(begin, len(content), count):
        content[place] ^= 1 << int(random.integers(8))
    path.write_bytes(content)
    return path
