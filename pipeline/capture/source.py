"""One feed's video as frames: opened, decoded and stamped; a `FrameSource`.

Promise: `frames` yields every frame in order, `captured_at` in UTC; those worth looking at have `pixels`,
blue-green-red once asked for (without a motion gate that is every one). A file gives the same frames with the same
sequence and times, and the same of them with pixels, whenever it is read; a stream's sequence goes on over reconnects.

On failure: a file in which nothing can be decoded raises BadInput; a camera that cannot be reached, stops or sends
nothing decodable raises Unavailable (open it again by calling `frames` again). Single faults are only counted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import av.container
import av.video

from pipeline.capture.address import VideoAddress
from pipeline.capture.decode import Decoding, FaultTally, opened, video_stream
from pipeline.capture.looks import LookPace
from pipeline.capture.motion import BackgroundMotionGate, Verdict
from pipeline.capture.parts import part_around, surroundings_of
from pipeline.capture.planes import picture_of, quarters_of
from pipeline.capture.quiet import QuietStream, Shown, every_picture
from pipeline.capture.settings import CaptureSettings
from pipeline.capture.sizes import SizeWatch
from pipeline.capture.timestamps import FileTimes, StreamTimes
from pipeline.domain.plate import Box, CameraId, Frame, HeldBack, Picture
from pipeline.domain.ports import Clock
from pipeline.domain.read import ClockState
from pipeline.errors import BadInput, Unavailable

log = logging.getLogger(__name__)
_ASSUMED_FRAMES_PER_SECOND = 25.0
_OLDEST_CREATION_YEAR = 1990
"""An older creation time is a recorder's unset clock."""


class VideoSource:
    """A clip or a camera. Not for two threads at once, but the counters may be read from any.

    With `gated`, frames in which nothing moves have no pixels, and those of a moving road `looks_per_second` of them.
    """

    def __init__(
        self,
        address: VideoAddress,
        *,
        camera_id: CameraId,
        clock: Clock,
        settings: CaptureSettings,
        gated: bool = False,
    ) -> None:
        self._address = address
        self._camera_id = camera_id
        self._clock = clock
        self._settings = settings
        self._stream_times = StreamTimes(clock, settings)
        self._times: StreamTimes | FileTimes = self._stream_times
        self._sequence = 0
        self._tally = FaultTally()
        self._decoding: Decoding | None = None
        self._gated = gated
        self._quarters: int | None = None
        self._forget()
        self.live = address.live
        self.shown = address.shown

    @property
    def clock_state(self) -> ClockState:
        return self._times.state if self.live else ClockState.FILE

    @property
    def decode_faults(self) -> int:
        return self._tally.faults

    @property
    def clock_jumps(self) -> int:
        return self._times.jumps

    def renew(self) -> None:
        """Go on with a fresh decoder from the next keyframe that starts afresh: this one's memory for pictures has
        grown by a stall, and never shrinks. A clip's decoder stays."""
        if self.live and self._decoding is not None:
            self._decoding.is_worn = True

    def frames(self) -> Iterator[Frame]:
        """Open the video and yield its frames; close the generator to close the video. Files start over."""
        if not self.live and not Path(self.shown).is_file():
            raise BadInput(f"{self.shown}: no such file, or not a file")
        with opened(self._address, self._settings) as container:
            stream = video_stream(container, self._address, self._settings)
            self._begin(container, stream)
            self._decoding = Decoding(container, stream, address=self._address, tally=self._tally)
            yield from self._stamped(self._decoding)

    def _stamped(self, decoding: Decoding) -> Iterator[Frame]:
        last_frame = self._clock.monotonic()
        any_picture = False
        for several in self._shown(decoding):
            for shown in several:
                any_picture = True
                yield self._frame(shown)
                last_frame = self._clock.monotonic()
            if self.live and self._clock.monotonic() - last_frame > self._settings.stall_after_seconds:
                raise Unavailable(f"{self.shown}: packets arrive but no picture can be decoded")
        if self.live:
            raise Unavailable(f"{self.shown}: the camera ended the stream")
        if not any_picture:
            raise BadInput(f"{self.shown}: no picture in it can be decoded")
        missing = decoding.promised - self._sequence - self._tally.faults
        if missing > 0:
            log.warning("camera %s: the file ends early, %d pictures are missing", self._camera_id, missing)
            self._tally.faults += missing

    def _shown(self, decoding: Decoding) -> Iterator[list[Shown]]:
        if not self._gated:
            return every_picture(decoding, self._clock)
        # a held group must not look like a camera that fell silent
        hold_seconds = min(self._settings.hold_seconds, self._settings.stall_after_seconds / 2)
        stream = QuietStream(
            decoding,
            gate=self._gate,
            watch=self._watch,
            pace=self._pace,
            clock=self._clock,
            hold_seconds=hold_seconds,
        )
        return stream.shown()

    def _frame(self, shown: Shown) -> Frame:
        captured_at = self._times.stamp(shown.position)
        held_back = _held_back(shown)
        if self._quarters is None and shown.picture is not None:
            self._quarters = quarters_of(shown.picture)
        pixels = picture_of(shown.picture, self._quarters or 0) if shown.picture and not held_back else None
        search, moving = self._search_in(pixels, shown) if pixels is not None else (None, ())
        frame = Frame(
            camera_id=self._camera_id,
            sequence=self._sequence,
            captured_at=captured_at,
            pixels=pixels,
            held_back=held_back,
            search=search,
            moving=moving,
            decoded_at=shown.came,
        )
        self._sequence += 1
        return frame

    def _search_in(self, pixels: Picture, shown: Shown) -> tuple[Box | None, tuple[Box, ...]]:
        """Return where plates are looked for, and the movements in it: where things move, and now and then, or if in
        doubt, everywhere."""
        if self._whole.is_due(shown.position) or self._quarters or not shown.where:
            return None, ()
        rows, columns = pixels.shape[:2]
        moving = tuple(surroundings_of(region, rows=rows, columns=columns) for region in shown.where)
        return part_around(*moving, rows=rows, columns=columns), moving

    def _forget(self) -> None:
        """Begin as if nothing of this feed had been seen."""
        self._gate = BackgroundMotionGate(self._settings)
        self._watch = SizeWatch(self._settings.witnessed_motions)
        self._pace = LookPace(self._settings.looks_per_second)
        self._whole = LookPace(self._settings.whole_looks_per_second)
        self._quarters = None

    def _begin(self, container: av.container.InputContainer, stream: av.video.VideoStream) -> None:
        if self.live:
            self._stream_times.reconnected()
            return
        self._forget()
        self._sequence = 0
        rate = float(stream.average_rate or _ASSUMED_FRAMES_PER_SECOND)
        start = stream.start_time
        self._times = FileTimes(
            _recorded_at(container, Path(self.shown)),
            start=float(start * stream.time_base) if start is not None and stream.time_base is not None else None,
            frame_seconds=1.0 / rate,
            jump_seconds=self._settings.clock_jump_seconds,
        )


def _held_back(shown: Shown) -> HeldBack | None:
    if shown.picture is None:
        return HeldBack.UNDECODED
    return {Verdict.SHUT: HeldBack.QUIET, Verdict.BETWEEN: HeldBack.BETWEEN}.get(shown.verdict)


def _recorded_at(container: av.container.InputContainer, path: Path) -> datetime:
    try:
        created = datetime.fromisoformat(container.metadata.get("creation_time", ""))
    except ValueError:
        created = None
    if created is None or created.year < _OLDEST_CREATION_YEAR:
        return datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
    return created.astimezone(UTC) if created.tzinfo else created.replace(tzinfo=UTC)
