"""What of a read a person may see: where a fixed camera stands is for those with that permission alone.

Promise: without the permission a read keeps its time and its mark; its camera becomes an opaque name, the same for the
same camera in every answer, and its location the middle of a square of `coarse_degrees`. Nor can areas be used to feel
for where it stands: without the permission their borders are those of such squares. Mobile cameras report their own
positions: these are part of the read and stay. A camera that nobody registered counts as fixed.
On failure: nothing raises.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from pipeline.domain.access import AccessRequest, Permission, Person, Refusal
from pipeline.domain.plate import CameraId
from pipeline.domain.query import Found
from pipeline.domain.read import FeedId, Location, Read, ReadId, SourceId

_NAME_DIGITS = 12
_ROUNDING = 1e-6


class Sight:
    """`secret` makes the opaque names; `is_mobile` tells which cameras are."""

    def __init__(self, secret: bytes, is_mobile: Callable[[CameraId], bool], coarse_degrees: float = 0.1) -> None:
        self._secret = secret
        self._is_mobile = is_mobile
        self._degrees = coarse_degrees

    def refusal(self, request: AccessRequest) -> Refusal | None:
        """Return why the area of `request` may not be searched, or None."""
        area = request.query.area
        if area is None or Permission.CAMERA_LOCATIONS in request.person.permissions:
            return None
        squares = [border / self._degrees for border in (area.south, area.west, area.north, area.east)]
        if all(abs(one - round(one)) < _ROUNDING for one in squares):
            return None
        reason = f"without the permission camera-locations an area's borders are multiples of {self._degrees:g} degrees"
        return Refusal(request=request, rule="area", reason=reason)

    def of(self, found: Sequence[Found], person: Person) -> list[Found]:
        """Return the reads as `person` may see them."""
        if Permission.CAMERA_LOCATIONS in person.permissions:
            return list(found)
        mobile = {camera_id for camera_id in {one.camera_id for one in found} if self._is_mobile(camera_id)}
        return [one if one.camera_id in mobile else self._veiled(one) for one in found]

    def of_reads(self, reads: Sequence[Read], person: Person) -> list[Read]:
        """Return whole reads as `person` may see them."""
        if Permission.CAMERA_LOCATIONS in person.permissions:
            return list(reads)
        mobile = {camera_id for camera_id in {one.camera_id for one in reads} if self._is_mobile(camera_id)}
        return [
            one
            if one.camera_id in mobile
            # feed and source are named after places too, and the id of a read is a digest with the camera's in it
            else replace(
                one,
                camera_id=self.opaque(one.camera_id),
                location=self._coarse(one.location),
                read_id=ReadId(self._hidden(one.read_id)),
                feed_id=FeedId(""),
                source_id=SourceId(""),
            )
            for one in reads
        ]

    def opaque(self, camera_id: CameraId) -> CameraId:
        """Return the name under which `camera_id` appears to whoever may not know it."""
        return CameraId(f"camera-{self._hidden(camera_id)[:_NAME_DIGITS]}")

    def _hidden(self, text: str) -> str:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()

    def _veiled(self, one: Found) -> Found:
        place = self._coarse(one.location)
        return replace(one, camera_id=self.opaque(one.camera_id), location=place, coarse=place is not None)

    def _coarse(self, place: Location | None) -> Location | None:
        if place is None:
            return None
        return Location(latitude=self._middle(place.latitude, 90), longitude=self._middle(place.longitude, 180))

    def _middle(self, degrees: float, most: float) -> float:
        middle = (math.floor(degrees / self._degrees) + 0.5) * self._degrees
        return round(min(most, max(-most, middle)), 6)
