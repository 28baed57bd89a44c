"""Cameras that read by themselves, from the endpoint to which they post to the line that `anpr status` has of each.

Nothing here needs Ray: a national centre tells its figures with the same code, and has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from actors.versions import CrossesByName

SENDING, SILENT, WAITED_FOR = "sending", "silent", "waiting"
"""States of a sender; the last is before its first message."""
THIS_MACHINE = "this-machine"
"""The node of a run that is no cluster's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderStatus(CrossesByName):
    """One sender of [join]. Counts are those since the endpoint started; times are Unix times."""

    silent_after_seconds: float
    waited_since: float
    """When the endpoint was opened."""
    heard_at: float = 0.0
    """When a message was last taken, be it only a heartbeat; 0 before the first."""
    taken: int = 0
    not_taken: int = 0
    """Messages that were refused, or put aside for people to look at."""

    def kept_from(self, before: SenderStatus | None) -> SenderStatus:
        """Return this with the times that were known before the endpoint started again."""
        if before is None:
            return self
        return replace(
            self,
            waited_since=min(before.waited_since, self.waited_since),
            heard_at=max(before.heard_at, self.heard_at),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderLine:
    """A camera that reads by itself, or a box that speaks for several. Counts are those since its endpoint started."""

    sender: str
    node: str
    """Where its newest message was taken; empty before the first."""
    state: str
    since: datetime
    """When that was; before the first, since when one is waited for."""
    taken: int = 0
    not_taken: int = 0


def sender_lines(at: datetime, seen: Mapping[str, Mapping[str, SenderStatus]]) -> tuple[SenderLine, ...]:
    """Return a line of each sender; `seen` is what each node knows of it, by the names of nodes and senders.

    It may post to any node, or to another than before: the newest message counts.
    """
    names = sorted({name for senders in seen.values() for name in senders})
    return tuple(
        _sender_line(at, name, {node: senders[name] for node, senders in seen.items() if name in senders})
        for name in names
    )


def _sender_line(at: datetime, name: str, seen: Mapping[str, SenderStatus]) -> SenderLine:
    node = max(seen, key=lambda one: seen[one].heard_at)
    heard_at = seen[node].heard_at
    since = datetime.fromtimestamp(heard_at or min(one.waited_since for one in seen.values()), UTC)
    silent = (at - since).total_seconds() > seen[node].silent_after_seconds
    return SenderLine(
        sender=name,
        node=node if heard_at else "",
        state=SILENT if silent else SENDING if heard_at else WAITED_FOR,
        since=since,
        taken=sum(one.taken for one in seen.values()),
        not_taken=sum(one.not_taken for one in seen.values()),
    )
