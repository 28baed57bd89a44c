"""The terminal view of a run: each feed's frames a second, queue, drops and reads, and the newest hits.

It shows marks to the operator at the terminal; nothing here is a log.
"""

from __future__ import annotations

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from actors.picture import Picture
from actors.terminal import TerminalView
from pipeline.domain.hotlist import Hit, HitKind

_PLAIN_EVERY_SECONDS = 5.0
_HITS_SHOWN = 5
_TROUBLED = ("stalled", "reconnecting", "failed")


class View(TerminalView):
    """Draws pictures of a run: a live table on a terminal, a line every few seconds elsewhere."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._plain_at = 0.0
        self._hits_told = 0
        self._troubles: list[str] = []

    def draw(self, picture: Picture) -> None:
        if self._live:
            self._live.update(render(picture), refresh=True)
            return
        for at in range(self._hits_told, len(picture.hits)):
            self._console.print(_hit_line(picture, hit_at=at), soft_wrap=True)
        self._hits_told = max(self._hits_told, len(picture.hits))
        troubles = _troubles(picture)
        for trouble in troubles:
            if trouble not in self._troubles:
                self._console.print(trouble, soft_wrap=True)
        self._troubles = troubles
        if picture.seconds >= self._plain_at:
            self._plain_at = picture.seconds + _PLAIN_EVERY_SECONDS
            parts = [
                f"{one.name}: {one.frames} frames, {one.dropped} dropped, {one.reads} reads"
                for one in picture.cameras.values()
            ]
            self._console.print(f"{picture.seconds:5.0f} s  " + "; ".join(parts), soft_wrap=True)


def _troubles(picture: Picture) -> list[str]:
    """Return what goes wrong now, a line each, without figures that change from look to look."""
    waiting = [
        f"{one.name}: the journal refuses its reads; they are kept and offered again"
        for one in picture.cameras.values()
        if one.reads_waiting
    ]
    services = [
        f"{consumer}: {failure}"
        for consumer, (_, _, failure) in (
            ("store", picture.store),
            ("matcher", picture.matcher),
            ("alerts", picture.alerts),
        )
        if failure
    ]
    silent = [f"{one.name}: {one.state}" for one in picture.cameras.values() if one.state in _TROUBLED]
    return waiting + services + silent + [f"{name}: {why}" for name, why in sorted(picture.ended.items()) if why]


def render(picture: Picture) -> Group:
    """Return the live view of `picture`."""
    table = Table(title=f"anpr-ray  {picture.seconds:.0f} s", title_justify="left", expand=False)
    table.add_column("feed")
    table.add_column("state")
    for heading in ("frames/s", "frames", "queue", "in flight", "drops", "faults", "reads"):
        table.add_column(heading, justify="right")
    table.add_column("latest read")
    table.add_column("hits", justify="right")
    for name, one in sorted(picture.cameras.items()):
        over = picture.ended.get(name)
        state = "ended" if over == "" else "failed" if over else one.state
        style = "red" if over or state in _TROUBLED else "green"
        table.add_row(
            name,
            Text(state, style=style),
            f"{picture.rates.get(name, 0.0):.1f}",
            str(one.frames),
            str(one.buffered),
            str(one.in_flight),
            str(one.dropped),
            str(one.faults),
            str(one.reads),
            one.latest,
            str(sum(hit.camera_id == name for hit in picture.hits)),
        )
    parts: list[Table | Text] = [table, _services(picture)]
    start = max(0, len(picture.hits) - _HITS_SHOWN)
    parts.extend(_hit_line(picture, hit_at=at) for at in range(start, len(picture.hits)))
    parts.extend(Text(trouble, style="red") for trouble in _troubles(picture))
    return Group(*parts)


def _services(picture: Picture) -> Text:
    text = Text(f"journal at {picture.journal_offset}")
    for consumer, (_, lag, _) in (
        ("store", picture.store),
        ("matcher", picture.matcher),
        ("alerts", picture.alerts),
    ):
        text.append(f" · {consumer} {lag} behind")
    return text


def how_sure(hit: Hit) -> str:
    """Return what kind of hit it is: how likely a near one is, and whether the entry no longer counts."""
    kind = f"{hit.kind.value} ({hit.likelihood:.1%})" if hit.kind is HitKind.NEAR else hit.kind.value
    return kind if hit.as_it_is else f"late, no longer listed: {kind}"


def _hit_line(picture: Picture, *, hit_at: int) -> Text:
    seen = picture.hits[hit_at]
    hit, voi = seen.hit, seen.hit.voi
    line = Text("HIT ", style="bold red")
    line.append(f"{how_sure(hit)} {voi.vrm} at {seen.camera_id}: {voi.action.value}, {voi.reason}", style="bold")
    if voi.warning_markers:
        line.append(f" [{voi.warning_markers}]", style="red")
    return line
