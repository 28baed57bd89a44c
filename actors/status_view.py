"""Draws a status: a table of cameras with where each runs and why, of those that read by themselves, and of nodes."""

from __future__ import annotations

import time
from datetime import datetime

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from actors.senders import SENDING, SILENT
from actors.status import ENDED, FAILED, WAITING, CameraLine, Status
from actors.terminal import TerminalView

_OLD_SECONDS = 10.0
_PLAIN_EVERY_SECONDS = 5.0
_TROUBLED = ("stalled", "reconnecting", "not-admitted", FAILED, WAITING)


def render(status: Status, now: datetime) -> Group:
    """Return what a person sees of `status` at `now`."""
    parts: list[Table | Text] = [_cameras(status), *([_senders(status)] if status.senders else []), _nodes(status)]
    troubles = {one.camera: one.trouble for one in status.cameras} | {one.node: one.trouble for one in status.nodes}
    parts.extend(Text(f"{name}: {why}", style="red") for name, why in troubles.items() if why)
    age = (now - status.at).total_seconds()
    if not status.nodes:
        parts.append(Text("nothing is told yet: anpr run is starting, or no node has room", style="yellow"))
    elif age > _OLD_SECONDS:
        parts.append(Text(f"told {age:.0f} s ago: the driver (anpr run) does not answer", style="bold red"))
    return Group(*parts)


def _cameras(status: Status) -> Table:
    table = Table(title=f"Cameras at {status.at:%H:%M:%S} UTC", title_justify="left")
    for heading in ("camera", "state", "node", "why there"):
        table.add_column(heading)
    for heading in ("frames/s", "queue", "drops", "faults", "reads", "waiting", "late s"):
        table.add_column(heading, justify="right")
    for one in status.cameras:
        table.add_row(
            one.camera,
            Text(one.state, style=_style(one)),
            one.node or "-",
            one.why,
            f"{one.frames_per_second:.1f}",
            str(one.buffered),
            str(one.dropped),
            str(one.faults),
            str(one.reads),
            str(one.reads_waiting),
            f"{one.late_seconds:.2f}",
        )
    return table


def _style(one: CameraLine) -> str:
    if one.state in _TROUBLED or one.reads_waiting:
        return "red"
    return "dim" if one.state == ENDED else "green"


def _senders(status: Status) -> Table:
    table = Table(title="Cameras that read by themselves", title_justify="left")
    for heading in ("sender", "state", "node", "last message"):
        table.add_column(heading)
    for heading in ("taken", "not taken"):
        table.add_column(heading, justify="right")
    for one in status.senders:
        style = {SENDING: "green", SILENT: "red"}.get(one.state, "yellow")
        last = f"{one.since:%Y-%m-%d %H:%M:%S} UTC" if one.node else f"none since {one.since:%Y-%m-%d %H:%M:%S} UTC"
        state = Text(one.state, style=style)
        table.add_row(one.sender, state, one.node or "-", last, str(one.taken), str(one.not_taken))
    return table


def _nodes(status: Status) -> Table:
    table = Table(title="Nodes", title_justify="left")
    for heading in ("node", "state", "version"):
        table.add_column(heading)
    for heading in ("cameras", "room", "journal", "store behind", "matcher behind", "alerts behind"):
        table.add_column(heading, justify="right")
    for one in status.nodes:
        behind = (one.store_behind, one.matcher_behind, one.alerts_behind)
        state = Text(one.state, style="green" if one.state == "here" and not one.trouble else "yellow")
        version = Text(one.version, style="" if one.version == status.version else "yellow")
        table.add_row(
            one.node, state, version, *(str(figure) for figure in (one.cameras, one.room, one.journal, *behind))
        )
    return table


class StatusView(TerminalView):
    """Draws statuses as they come: a live table on a terminal, a line every few seconds elsewhere."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._plain_at = time.monotonic()

    def draw(self, status: Status) -> None:
        if self._live:
            self._live.update(render(status, status.at), refresh=True)
        elif time.monotonic() >= self._plain_at:
            self._plain_at = time.monotonic() + _PLAIN_EVERY_SECONDS
            self._console.print(_plain(status), soft_wrap=True)


def _plain(status: Status) -> str:
    nodes = ", ".join(f"{one.node} {one.state} ({one.cameras})" for one in status.nodes) or "no node"
    return f"{status.at:%H:%M:%S} {nodes}; " + "; ".join(_said(one) for one in status.cameras)


def _said(one: CameraLine) -> str:
    return f"{one.camera}: {one.state} at {one.node or 'no node'}, {one.frames} frames, {one.reads} reads"
