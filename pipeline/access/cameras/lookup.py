"""What others need to know of a camera without opening the register to write: is it mobile, and in which area.

Promise: looked up anew every time, no place is touched and no key needed; a camera that nobody registered is not
known to be mobile.
On failure: Unavailable or IntegrityError as in `pipeline/sqlite.py`.
"""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path

from pipeline.access.cameras.register import HOLDING, camera_of, row_at
from pipeline.domain.camera import Camera, CameraKind
from pipeline.domain.plate import CameraId
from pipeline.errors import NotFound
from pipeline.sqlite import open_to_read, transaction, translated


class CameraLookup:
    """Reads the register at `path`, which need not exist yet."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def camera(self, camera_id: CameraId, at: datetime | None = None) -> Camera | None:
        """Return the camera as it is now, or was at `at`; None if it is not registered."""
        if not self._path.exists():
            return None
        with (
            translated(self._path, HOLDING),
            closing(open_to_read(self._path, holding=HOLDING)) as rows,
            transaction(rows, writing=False),
        ):
            try:
                return camera_of(row_at(rows, camera_id, at))
            except NotFound:
                return None

    def is_mobile(self, camera_id: CameraId) -> bool:
        """Tell whether the camera is in a vehicle."""
        camera = self.camera(camera_id)
        return camera is not None and camera.kind is CameraKind.MOBILE

    def area_of(self, camera_id: CameraId, at: datetime | None = None) -> str:
        """Return the coarse area that everybody may know; empty if the camera is not registered."""
        camera = self.camera(camera_id, at)
        return camera.area if camera else ""
