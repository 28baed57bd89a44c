"""What can be set about capture; the defaults suit one ANPR camera at 25 frames a second."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSettings:
    """Limits of opening, buffering, watching and picturing. Times in seconds, motion in frames given to the gate."""

    open_timeout_seconds: float = 10.0
    """Longest wait for a camera to answer and describe its stream."""
    stall_after_seconds: float = 5.0
    """A stream without a frame for so long is stalled: it is warned of, counted and opened again."""
    reconnect_first_seconds: float = 0.5
    """Pause before the first new attempt; it doubles with every failure, with jitter."""
    reconnect_limit_seconds: float = 30.0
    """Longest pause between two attempts."""
    buffer_frames: int = 8
    """Frames held for the consumer: 8 of 1080p are 25 MB. A live feed sheds the oldest, a file's feed waits."""
    decode_threads: int = 1
    """Threads of one feed's decoder; more than 1 pays only where cores outnumber feeds."""
    clock_jump_seconds: float = 2.0
    """A step of the timestamps that is larger than the time that passed by this much is a jump."""
    clock_lag_seconds: float = 5.0
    """A stream's time that falls this far behind this machine's is anchored anew (domain: within 10 s of UTC)."""
    motion_floor_levels: float = 4.0
    """Least mean change, in grey levels of 255, that is motion on a noiseless picture."""
    motion_hold_frames: int = 25
    """Frames the gate stays open after the last motion."""
    motion_look_every_frames: int = 50
    """Frames after which a shut gate opens to look anyway."""
    motion_look_frames: int = 3
    """Frames such a look lasts."""
    looks_per_second: float = 12.5
    """Most frames a second of a moving road that are looked at: a passage needs a handful."""
    whole_looks_per_second: float = 1.0
    """Looks a second at the whole picture of a moving road, for what stands unseen while something else moves; the
    others are at what moves and at known plates. As many as `looks_per_second`: all are at the whole picture."""
    hold_seconds: float = 2.5
    """On a quiet road packets are held undecoded from one keyframe to the next; cameras whose keyframes are further
    apart than this have everything decoded."""
    witnessed_motions: int = 3
    """Things that moved which the sizes of packets must have told of, one after the other, before anything is left
    undecoded because of them; 0 trusts an encoder from the start."""
    position_within_seconds: float = 5.0
    """A fix of a vehicle's receiver counts for frames so near in time: 100 m at 70 km/h (unconfirmed figure)."""
    patch_limit_bytes: int = 8_000
    """Most bytes of a plate patch as JPEG."""
    overview_limit_bytes: int = 25_000
    """Most bytes of a vehicle overview as JPEG (the national limit of a context image is 25 KB)."""

    def __post_init__(self) -> None:
        faults = [
            f"{name} must be greater than 0"
            for name in (
                "open_timeout_seconds",
                "stall_after_seconds",
                "reconnect_first_seconds",
                "clock_jump_seconds",
                "clock_lag_seconds",
                "position_within_seconds",
                "motion_floor_levels",
                "looks_per_second",
                "whole_looks_per_second",
            )
            if not getattr(self, name) > 0
        ]
        faults += [
            f"{name} must be at least 1"
            for name in (
                "buffer_frames",
                "decode_threads",
                "motion_hold_frames",
                "motion_look_every_frames",
                "motion_look_frames",
            )
            if getattr(self, name) < 1
        ]
        faults += [
            f"{name} must be at least 1000, the size of a tiny JPEG"
            for name in ("patch_limit_bytes", "overview_limit_bytes")
            if getattr(self, name) < 1000
        ]
        if self.hold_seconds < 0:
            faults.append("hold_seconds must not be negative; 0 decodes everything")
        if self.witnessed_motions < 0:
            faults.append("witnessed_motions must not be negative")
        if self.reconnect_limit_seconds < self.reconnect_first_seconds:
            faults.append("reconnect_limit_seconds must not be less than reconnect_first_seconds")
        if faults:
            raise ValueError("; ".join(faults))
