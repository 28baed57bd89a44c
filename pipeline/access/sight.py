"""What of a read a person may see: where a fixed camera stands is for those with that permission alone.

Promise: without the permission a read keeps its time and its mark; its camera becomes an opaque name, the same for the
same camera in every answer, and its location is taken away. Mobile cameras report their own positions: these are part
of the read and stay. A camera that nobody registered counts as fixed.
On failure: nothing raises.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import replace

from pipeline.domain.access import Permission, Person
from pipeline.domain.plate import CameraId
from pipeline.domain.query import Found

_NAME_DIGITS = 12


class Sight:
    """`secret` makes the opaque names; `is_mobile` tells which cameras are."""

    def __init__(self, secret: bytes, is_mobile: Callable[[CameraId], bool]) -> None:
        self._secret = secret
        self._is_mobile = is_mobile

    def of(self, found: Sequence[Found], person: Person) -> list[Found]:
        """Return the reads as `person` may see them."""
        if Permission.CAMERA_LOCATIONS in person.permissions:
            return list(found)
        return [one if self._is_mobile(one.camera_id) else self._veiled(one) for one in found]

    def opaque(self, camera_id: CameraId) -> CameraId:
        """Return the name under which `camera_id` appears to whoever may not know it."""
        digest = hmac.new(self._secret, camera_id.encode(), hashlib.sha256).hexdigest()
        return CameraId(f"camera-{digest[:_NAME_DIGITS]}")

    def _veiled(self, one: Found) -> Found:
        return replace(one, camera_id=self.opaque(one.camera_id), location=None)
