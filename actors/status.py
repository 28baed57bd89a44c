"""What `anpr status` tells: every camera, where it runs and why, its health and lag, those that read by themselves, and
the nodes they run on.

Nothing in it needs a permission: no mark, no read, no place, no address of a camera.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from actors.senders import THIS_MACHINE, SenderLine, sender_lines
from actors.versions import version
from pipeline.placement import Placement

if TYPE_CHECKING:
    # a national centre has an endpoint and no Ray, and need not load it
    from actors.picture import Picture

ENDED, FAILED, WAITING = "ended", "failed", "waiting"
"""States of a camera beside those of its feed: its recording is over, it can never run, no node runs it yet or now."""
LEFT = "left"
"""State of a node that was asked to leave and has: the last that its driver tells it, and tells others of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraLine:
    """One camera. Counts are those since its actor started."""

    camera: str
    node: str
    """Where it runs; empty while no node runs it."""
    why: str
    state: str
    frames_per_second: float = 0.0
    frames: int = 0
    dropped: int = 0
    faults: int = 0
    buffered: int = 0
    """Frames that wait to be looked at."""
    reads: int = 0
    reads_waiting: int = 0
    """Reads that the journal refuses for now; they are offered again."""
    late_seconds: float = 0.0
    """From the frame that ended the newest read's passage to the durable read."""
    trouble: str = ""
    before: tuple[str, ...] = ()
    """Where this driver has run it before, and does no longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLine:
    """One node: how many cameras run there, and how far its consumers are behind its journal."""

    node: str
    state: str
    cameras: int = 0
    room: int = 0
    """The most cameras it can take."""
    journal: int = 0
    """Offset of the newest durable read."""
    store_behind: int = 0
    matcher_behind: int = 0
    alerts_behind: int = 0
    version: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything at one moment."""

    at: datetime
    cameras: tuple[CameraLine, ...]
    nodes: tuple[NodeLine, ...]
    version: str = ""
    """The driver's."""
    senders: tuple[SenderLine, ...] = ()


_STATUS = TypeAdapter(Status)


def to_json(status: Status) -> bytes:
    return _STATUS.dump_json(status)


def from_json(content: bytes) -> Status:
    """Raises ValueError when it is not what `to_json` gives."""
    return _STATUS.validate_json(content)


def camera_line(name: str, placement: Placement, picture: Picture | None, *, over: str | None = None) -> CameraLine:
    """Return the line of a camera. `picture` is its node's, None where no node runs it; `over` why it has ended."""
    seen = picture.cameras.get(name) if picture else None
    state = seen.state if seen else "starting" if picture else WAITING
    if over is not None:
        state = FAILED if over else ENDED
    if seen is None:
        return CameraLine(camera=name, node=placement.node, why=placement.why, state=state, trouble=over or "")
    return CameraLine(
        camera=name,
        node=placement.node,
        why=placement.why,
        state=state,
        frames_per_second=round(picture.rates.get(name, 0.0), 1) if picture else 0.0,
        frames=seen.frames,
        dropped=seen.dropped,
        faults=seen.faults,
        buffered=seen.buffered,
        reads=seen.reads,
        reads_waiting=seen.reads_waiting,
        late_seconds=round(seen.late_seconds, 2),
        trouble=over or "",
    )


def node_line(name: str, picture: Picture, *, state: str, cameras: int, room: int, version: str) -> NodeLine:
    """Return the line of a node that runs."""
    consumers = {"store": picture.store, "matcher": picture.matcher, "alerts": picture.alerts}
    ended = [f"{one}: {why}" for one in consumers if (why := picture.ended.get(one))]
    failing = [f"{one}: {failure}" for one, (_, _, failure) in consumers.items() if failure]
    return NodeLine(
        node=name,
        state=state,
        cameras=cameras,
        room=room,
        journal=picture.journal_offset,
        store_behind=picture.store[1],
        matcher_behind=picture.matcher[1],
        alerts_behind=picture.alerts[1],
        version=version,
        trouble="; ".join(ended or failing),
    )


def status_of(
    at: datetime, cameras: Iterable[CameraLine], nodes: Iterable[NodeLine], senders: Sequence[SenderLine] = ()
) -> Status:
    return Status(
        at=at,
        cameras=tuple(sorted(cameras, key=lambda one: one.camera)),
        nodes=tuple(sorted(nodes, key=lambda one: one.node)),
        version=version(),
        senders=tuple(senders),
    )


def alone(at: datetime, picture: Picture, feeds: Mapping[str, object]) -> Status:
    """Return the status of a run on one machine."""
    placement = Placement(node=THIS_MACHINE, why="the only node")
    lines = [camera_line(name, placement, picture, over=picture.ended.get(name)) for name in feeds]
    running = sum(name not in picture.ended for name in feeds)
    node = node_line(placement.node, picture, state="here", cameras=running, room=len(feeds), version=version())
    return status_of(at, lines, [node], sender_lines(at, {THIS_MACHINE: picture.senders}))
