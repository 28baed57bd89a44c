"""Decoding with FFmpeg: container in, pictures out, faults counted.

Promise: what FFmpeg can decode is yielded, in order, also after a fault in the middle; every packet that gave an error
or came damaged is counted. FFmpeg's own messages, which quote addresses with passwords, are never printed.

On failure: BadInput for what no retry can mend, Unavailable for what may work later; neither quotes the address's
secrets, nor does what FFmpeg raised hang on to them as their cause.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import av
import av.container
import av.error
import av.logging
import av.video
import numpy as np

from pipeline.capture.address import VideoAddress
from pipeline.capture.settings import CaptureSettings
from pipeline.domain.plate import Pixels
from pipeline.errors import AnprError, BadInput, Unavailable

av.logging.set_level(None)

_FAULTS_IN_A_ROW = 32
"""Reads of a file that may fail one after the other before the rest of it is given up."""
_TEXT_CODECS = frozenset({"ansi", "bintext", "xbin", "idf"})
"""FFmpeg renders plain text files as pictures; no camera sends those."""
_BAD_FILE = (
    av.error.InvalidDataError,
    av.error.FileNotFoundError,
    av.error.IsADirectoryError,
    av.error.PermissionError,
    av.error.LookupError,
    av.error.PatchWelcomeError,
    av.error.NotImplementedError,
)


def opened(address: VideoAddress, settings: CaptureSettings) -> av.container.InputContainer:
    """Return the open container; the caller closes it."""
    try:
        if address.live:
            return av.open(
                address.target,
                options={
                    "rtsp_transport": "tcp",
                    # sound would keep a camera without pictures looking alive
                    "allowed_media_types": "video",
                    # guessing the frame rate would hold back the first second and deliver it in one burst
                    "fpsprobesize": "0",
                    "protocol_whitelist": "rtsp,tcp,udp,rtp,tls,crypto",
                },
                metadata_errors="replace",
                timeout=(settings.open_timeout_seconds, settings.stall_after_seconds),
            )
        # a clip is foreign input: it must not make FFmpeg fetch anything from the network
        return av.open(address.target, options={"protocol_whitelist": "file"}, metadata_errors="replace")
    except av.FFmpegError as error:
        raise _reason(address, error, "cannot be opened") from None


def video_stream(
    container: av.container.InputContainer, address: VideoAddress, settings: CaptureSettings
) -> av.video.VideoStream:
    """Return the first video stream, ready to decode. Raises BadInput where there is none that can be decoded."""
    if not container.streams.video:
        raise BadInput(f"{address.shown}: holds no video")
    stream = container.streams.video[0]
    if stream.codec_context is None:
        raise BadInput(f"{address.shown}: no decoder for its video")
    if stream.codec_context.name in _TEXT_CODECS:
        raise BadInput(f"{address.shown}: is text, not video")
    stream.codec_context.thread_count = settings.decode_threads
    # threads that decode whole frames ahead would delay a live picture by a frame each
    stream.thread_type = "SLICE" if address.live else "AUTO"
    return stream


class FaultTally:
    """Counts over all passes; one thread writes, any may read."""

    def __init__(self) -> None:
        self.faults = 0


class Decoding:
    """One pass over one open stream. `tally` counts what could not be decoded or came damaged."""

    def __init__(
        self,
        container: av.container.InputContainer,
        stream: av.video.VideoStream,
        *,
        address: VideoAddress,
        tally: FaultTally,
    ) -> None:
        self._container = container
        self._stream = stream
        self._address = address
        self._tally = tally

    @property
    def promised(self) -> int:
        """How many pictures the container says it holds; 0 where it does not say."""
        return int(self._stream.frames)

    def pictures(self) -> Iterator[list[tuple[av.VideoFrame, Pixels]]]:
        """Yield what each packet gave, also when that is nothing, so that the caller can watch the time."""
        for packet in self._packets():
            if packet.is_corrupt:
                self._tally.faults += 1
            yield self._decoded(packet)

    def _packets(self) -> Iterator[av.Packet[av.video.VideoStream]]:
        in_a_row = 0
        while in_a_row < _FAULTS_IN_A_ROW:
            try:
                for packet in self._container.demux(self._stream):
                    in_a_row = 0
                    yield packet
                return
            except av.FFmpegError as error:
                if self._address.live:
                    raise _reason(self._address, error, "connection lost") from None
                self._tally.faults += 1
                in_a_row += 1

    def _decoded(self, packet: av.Packet[av.video.VideoStream]) -> list[tuple[av.VideoFrame, Pixels]]:
        try:
            pictures = [(picture, _pixels_of(picture)) for picture in packet.decode()]
        except av.FFmpegError:
            self._tally.faults += 1
            return []
        self._tally.faults += sum(picture.is_corrupt for picture, _ in pictures)
        return pictures


def _pixels_of(picture: av.VideoFrame) -> Pixels:
    """Return the picture as height x width x 3 blue-green-red, upright even if the camera was turned."""
    pixels = cast(Pixels, picture.to_ndarray(format="bgr24"))
    quarters = round(picture.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, quarters)) if quarters else pixels


def _reason(address: VideoAddress, error: av.FFmpegError, what: str) -> AnprError:
    if isinstance(error, av.error.ExitError):
        return Unavailable(f"{address.shown}: {what}: no answer in time")
    message = f"{address.shown}: {what}: {error.strerror}"
    if not address.live and isinstance(error, _BAD_FILE):
        return BadInput(message)
    return Unavailable(message)
