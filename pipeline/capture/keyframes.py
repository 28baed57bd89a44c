"""Keyframes: which packets start afresh, and a decoder for them alone.

On failure: nothing raises; a keyframe that cannot be decoded is None, and left to the main decoder to count.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias, cast

import av
import av.video

from pipeline import metrics

DECODE = metrics.STAGE_SECONDS.labels("decode")
"""One packet, by whichever decoder."""
Packet: TypeAlias = "av.Packet[av.video.VideoStream]"
_REFRESHING = {"h264": frozenset({5}), "hevc": frozenset({19, 20})}
"""Kinds of units that carry an instantaneous refresh (ITU-T H.264 table 7-1, H.265 table 7-1)."""
_HEAD_BYTES = 4096


def decoder_of(stream: av.video.VideoStream, threads: int) -> av.VideoCodecContext:
    """Return a decoder of its own for `stream`, which knows of it what is told before the first packet."""
    context = cast("av.VideoCodecContext", av.CodecContext.create(stream.codec_context.name, "r"))
    context.extradata = stream.codec_context.extradata
    context.thread_count = threads
    context.thread_type = "SLICE"
    return context


class Scout:
    """Decodes single keyframes beside the main decoder, which stays where it is."""

    def __init__(self, stream: av.video.VideoStream) -> None:
        self._context = decoder_of(stream, threads=1)

    def picture(self, keyframe: Packet) -> av.VideoFrame | None:
        """Return the picture; None where it cannot be decoded or is damaged, which the main decoder will count."""
        try:
            with DECODE.time():
                pictures = [*self._context.decode(keyframe), *self._context.decode(None)]
        except av.FFmpegError:
            return None
        finally:
            self._context.flush_buffers()
        return pictures[0] if pictures and not pictures[0].is_corrupt else None


def starts_afresh(packet: Packet) -> bool:
    """Tell whether no later picture needs anything before `packet`: an instantaneous refresh of H.264 or H.265.

    False for other codecs. A keyframe alone is no promise: later pictures may refer to what came before it.
    """
    if not packet.is_keyframe:
        return False
    name = packet.stream.codec_context.name
    if name not in _REFRESHING:
        return False
    return any(_unit_kind(name, first) in _REFRESHING[name] for first in _units(packet))


def _units(packet: Packet) -> Iterator[int]:
    """Yield the first byte of each unit (ITU-T H.264 and H.265, Annex B, or the length-prefixed form of MP4)."""
    content = memoryview(packet)
    extradata = packet.stream.codec_context.extradata
    # a configuration record (ISO/IEC 14496-15) begins with its version, parameter sets of Annex B with a zero
    prefixed = extradata is not None and bytes(extradata[:1]) == b"\x01"
    at, end = 0, len(content)
    if prefixed:
        while at + 4 < end:
            yield content[at + 4]
            at += 4 + int.from_bytes(content[at : at + 4], "big")
        return
    # parameter sets and messages come first and are short
    head = bytes(content[:_HEAD_BYTES])
    while (at := head.find(b"\0\0\1", at)) >= 0 and at + 3 < len(head):
        at += 3
        yield head[at]


def _unit_kind(codec: str, first: int) -> int:
    return first & 0x1F if codec == "h264" else first >> 1 & 0x3F
