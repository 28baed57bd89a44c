"""The desk at which other makers' messages become durable reads.

Promise: `take` returns only when everything that it counts as taken or put aside is on disk. A read of a camera whose
assessment does not let it run is refused, as our own cameras are. A repeat counts as taken: a sender that heard no
answer sends again, and learns nothing of what is held.

On failure: BadInput for a message that is none of its format; Unavailable or Overloaded when nothing was taken, and it
is to be sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pipeline.domain.camera import Admission, NotAdmitted
from pipeline.domain.plate import CameraId
from pipeline.domain.ports import Clock, ReadIntake
from pipeline.domain.read import CaptureRecord
from pipeline.domain.sharing import Organisation, Outcome, Taken
from pipeline.join.formats import ADAPTERS
from pipeline.join.records import join
from pipeline.join.reported import Message
from pipeline.join.settings import SenderSettings
from pipeline.quality import count_read
from pipeline.wire.read_proto import encode_record

_MOST_REASONS = 20
_CAMERA = "join:{}"
"""What metrics call it among the cameras: no feed's name has a colon in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a message: reads and pictures that are durable, reads put aside for people to look at, and why
    the rest was refused."""

    taken: int = 0
    put_aside: int = 0
    refused: tuple[str, ...] = ()

    @property
    def kept_nothing(self) -> bool:
        """Tell whether something came and none of it was kept."""
        return bool(self.refused) and not self.taken and not self.put_aside


class JoinDesk:
    """Safe for many threads. `admission` tells whether a camera may run now."""

    def __init__(self, intake: ReadIntake, admission: Callable[[CameraId], Admission], clock: Clock) -> None:
        self._intake = intake
        self._admission = admission
        self._clock = clock

    def take(self, name: str, sender: SenderSettings, body: bytes, content_type: str) -> Receipt:
        """Take what the sender called `name` posted."""
        message = Message(body=body, content_type=content_type, zone=ZoneInfo(sender.time_zone))
        joined = join(ADAPTERS[sender.format](message), sender, self._clock.now())
        refused = list(joined.refused)
        records, late = (self._admitted(some, refused) for some in (joined.records, joined.late))
        outcomes: list[Outcome] = []
        organisation = organisation_of(name)
        if records:
            outcomes += self._intake.take(organisation, [encode_record(one) for one in records])
            for one, outcome in zip(records, outcomes, strict=True):
                if outcome.taken is Taken.ACCEPTED:
                    count_read(_CAMERA.format(name), one.read)
        if late:
            outcomes += self._intake.take_pictures(organisation, [encode_record(one) for one in late])
        refused += [
            f"refused: {one.fault.value if one.fault else 'no reason told'}"
            for one in outcomes
            if one.taken is Taken.REFUSED
        ]
        return Receipt(
            taken=sum(one.taken in (Taken.ACCEPTED, Taken.DUPLICATE) for one in outcomes),
            put_aside=sum(one.taken is Taken.QUARANTINED for one in outcomes),
            refused=tuple(refused[:_MOST_REASONS]),
        )

    def _admitted(self, records: Sequence[CaptureRecord], refused: list[str]) -> list[CaptureRecord]:
        """Return those whose cameras may run; the others' reasons go to `refused`."""
        looked = {camera: self._admission(camera) for camera in dict.fromkeys(one.read.camera_id for one in records)}
        refused += [f"camera {camera}: {one.reason}" for camera, one in looked.items() if isinstance(one, NotAdmitted)]
        return [one for one in records if not isinstance(looked[one.read.camera_id], NotAdmitted)]


def organisation_of(sender: str) -> Organisation:
    """Return the name by which the intake knows a sender: no organisation of the settings has a slash in it."""
    return Organisation(f"join/{sender}")
