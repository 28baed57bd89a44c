"""What a video codec leaves of a picture: it is encoded with H.264 as frame after frame of a short clip."""

from __future__ import annotations

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame

from pipeline.domain.plate import Pixels


def as_video(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    """Return `pixels` as the first or second frame of H.264 at a low rate of bits."""
    high, wide = pixels.shape[:2]
    even = cv2.copyMakeBorder(pixels, 0, high % 2, 0, wide % 2, cv2.BORDER_REPLICATE)
    coder = av.CodecContext.create("libx264", "w")
    coder.width, coder.height, coder.pix_fmt = even.shape[1], even.shape[0], "yuv420p"
    coder.thread_count = 1
    coder.options = {"preset": "superfast", "tune": "zerolatency", "qp": str(int(rng.integers(22, 39)))}
    packets = []
    for shift in (int(rng.integers(-3, 4)), 0)[int(rng.random() < 0.5) :]:
        frame = VideoFrame.from_ndarray(np.roll(even, shift, axis=1), format="bgr24")
        packets += coder.encode(frame.reformat(format="yuv420p"))
    packets += coder.encode(None)
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    frames = [frame for packet in [*packets, None] for frame in decoder.decode(packet)]
    return np.asarray(frames[-1].to_ndarray(format="bgr24")[:high, :wide], np.uint8)
