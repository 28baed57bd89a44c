"""Decoding with FFmpeg: container in, pictures out, faults counted.

Promise: what FFmpeg can decode is given, in order, also after a fault in the middle; every packet that gave an error
or came damaged is counted. FFmpeg's own messages, which quote addresses with passwords, are never printed.

On failure: BadInput for what no retry can mend, Unavailable for what may work later; neither quotes the address's
secrets, nor does what FFmpeg raised hang on to them as their cause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import av
import av.container
import av.error
import av.logging
import av.video

from pipeline.capture.address import VideoAddress
from pipeline.capture.keyframes import DECODE, Packet, Scout, decoder_of
from pipeline.capture.settings import CaptureSettings
from pipeline.errors import AnprError, BadInput, Unavailable
from pipeline.heap import give_back

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
        # what a container says of a clip beside its stream is known to the container's decoder alone, and that lives
        # as long as the container; a camera says everything in the stream
        self._context = decoder_of(stream, stream.codec_context.thread_count) if address.live else stream.codec_context
        self.is_worn = False
        """Whether the next `drain` is to put a fresh decoder in this one's place. Not for clips: the container's
        decoder would live on beside it.

        A decoder's pool of pictures never shrinks: one of 1080p keeps 3.3 MB for every picture that was ever held at
        once. The pool goes with its decoder.
        """

    @property
    def promised(self) -> int:
        """How many pictures the container says it holds; 0 where it does not say."""
        return int(self._stream.frames)

    def packets(self) -> Iterator[Packet]:
        """Yield the stream's packets; the last of a file is empty and makes the decoder give what it still holds."""
        in_a_row = 0
        while in_a_row < _FAULTS_IN_A_ROW:
            try:
                for packet in self._container.demux(self._stream):
                    in_a_row = 0
                    self._tally.faults += packet.is_corrupt
                    yield packet
                return
            except av.FFmpegError as error:
                if self._address.live:
                    raise _reason(self._address, error, "connection lost") from None
                self._tally.faults += 1
                in_a_row += 1

    def decode(self, packet: Packet) -> list[av.VideoFrame]:
        """Return the pictures that `packet` completes: none where it is damaged, which is counted."""
        return self._counted(partial(self._context.decode, packet))

    def drain(self) -> list[av.VideoFrame]:
        """Return what the decoder still holds; the next packet it gets must start afresh."""
        pictures = self._counted(self._context.decode)
        for picture in pictures:
            # without a packet PyAV does not know it
            picture.time_base = self._stream.time_base
        if self.is_worn:
            self._context = decoder_of(self._stream, self._context.thread_count)
            give_back()
        else:
            self._context.flush_buffers()
        self.is_worn = False
        return pictures

    def scout(self) -> Scout:
        """Return a decoder for keyframes beside this one."""
        return Scout(self._stream)

    def _counted(self, decode: Callable[[], list[av.VideoFrame]]) -> list[av.VideoFrame]:
        try:
            with DECODE.time():
                pictures = decode()
        except av.FFmpegError:
            self._tally.faults += 1
            return []
        self._tally.faults += sum(picture.is_corrupt for picture in pictures)
        return pictures


def _reason(address: VideoAddress, error: av.FFmpegError, what: str) -> AnprError:
    if isinstance(error, av.error.ExitError):
        return Unavailable(f"{address.shown}: {what}: no answer in time")
    message = f"{address.shown}: {what}: {error.strerror}"
    if not address.live and isinstance(error, _BAD_FILE):
        return BadInput(message)
    return Unavailable(message)
