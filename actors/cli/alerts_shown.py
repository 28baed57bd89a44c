"""How alerts look in the terminal. Exact, near and partial hits never look alike; a near one shows both marks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from pipeline.domain.alert import Alert, AlertEvent, AlertEventKind, AlertState, Disposition
from pipeline.domain.hotlist import Hit, HitKind

_KIND_STYLES = {
    HitKind.EXACT: "bold white on red",
    HitKind.NEAR: "bold black on yellow",
    HitKind.PARTIAL: "bold black on cyan",
}
_STATE_STYLES = {AlertState.RAISED: "bold red", AlertState.SEEN: "yellow", AlertState.CONFIRMED: "bold green"}
_NEXT = {
    AlertState.RAISED: "seen",
    AlertState.SEEN: "confirm | misread | clone (look at the pictures first)",
    AlertState.CONFIRMED: "action | close | misread | clone",
    AlertState.MISREAD: "close | confirm | clone",
    AlertState.SUSPECTED_CLONE: "close | confirm | misread",
    AlertState.ACTIONED: "close",
}
_SHORT_ID = 8


def kind_of(hit: Hit) -> Text:
    """Return the kind, with the likelihood where it is not certain."""
    said = {HitKind.EXACT: " EXACT ", HitKind.NEAR: f" ≈ NEAR {hit.likelihood:.0%} ", HitKind.PARTIAL: " ? PARTIAL "}
    return Text(said[hit.kind], style=_KIND_STYLES[hit.kind])


def marks_of(alert: Alert) -> Text:
    """Return the mark wanted and, where it is another, the mark read."""
    text = Text(alert.hit.voi.vrm, style="bold")
    if alert.read.vrm != alert.hit.voi.vrm:
        text.append(f" read as {alert.read.vrm}", style="bold yellow")
    return text


def row_of(alert: Alert, stale_after_seconds: float) -> Text:
    """Return an alert as one line."""
    voi = alert.hit.voi
    line = Text.assemble(
        (f"{alert.raised_at:%H:%M:%S} ", "dim"),
        (alert.alert_id[:_SHORT_ID], "bold"),
        "  ",
        (alert.state.value, _STATE_STYLES.get(alert.state, "")),
        "  ",
        kind_of(alert.hit),
        " ",
        marks_of(alert),
        f" at {alert.read.camera_id}: {voi.action.value}, {voi.reason} (priority {voi.priority}, {voi.hotlist_id})",
    )
    if voi.warning_markers:
        line.append(f" [{voi.warning_markers}]", style="bold red")
    line.append(f"  {_age(alert)}", style="bold magenta" if _is_stale(alert, stale_after_seconds) else "dim")
    if alert.repeats:
        line.append(f"  +{len(alert.repeats)} repeats", style="dim")
    return line


def event_line_of(event: AlertEvent, stale_after_seconds: float) -> Text:
    """Return an event as one line."""
    loud = event.kind in (AlertEventKind.RAISED, AlertEventKind.ESCALATED)
    word = Text(f"{event.kind.value.upper():<10}", style="bold red" if loud else "dim")
    return Text.assemble(word, row_of(event.alert, stale_after_seconds))


def table_of(alerts: Sequence[Alert], stale_after_seconds: float) -> Table:
    """Return alerts as a table, the newest first."""
    table = Table(title=f"{len(alerts)} alert(s)", title_justify="left")
    for heading in ("alert", "state", "hit", "mark", "camera", "action", "reason", "list", "weed date", "age", "+"):
        table.add_column(heading, no_wrap=heading in ("alert", "state", "hit", "mark"))
    for one in alerts:
        voi = one.hit.voi
        reason = Text(voi.reason)
        if voi.warning_markers:
            reason.append(f" [{voi.warning_markers}]", style="bold red")
        table.add_row(
            Text(one.alert_id[:_SHORT_ID]),
            Text(one.state.value, style=_STATE_STYLES.get(one.state, "")),
            kind_of(one.hit),
            marks_of(one),
            Text(one.read.camera_id),
            voi.action.value,
            reason,
            Text(f"{voi.hotlist_id} ({voi.priority})"),
            _weed_date(one, datetime.now(UTC)),
            Text(_age(one), style="bold magenta" if _is_stale(one, stale_after_seconds) else ""),
            str(len(one.repeats) or ""),
        )
    return table


def card_of(alert: Alert, stale_after_seconds: float, pictures: Mapping[str, Path | None]) -> Panel:
    """Return everything about an alert."""
    voi, read, hit = alert.hit.voi, alert.read, alert.hit
    lines = Table.grid(padding=(0, 2))
    lines.add_column(style="dim")
    lines.add_column(overflow="fold")

    def add(name: str, value: object, style: str = "") -> None:
        if value:
            lines.add_row(name, value if isinstance(value, Text) else Text(str(value), style=style))

    add("state", Text(alert.state.value, style=_STATE_STYLES.get(alert.state, "")))
    add("hit", Text.assemble(kind_of(hit), " ", marks_of(alert), f"  (the reader was {read.confidence:.1%} sure)"))
    add("wanted for", f"{voi.reason}, {voi.action.value}, priority {voi.priority}")
    add("WARNING", voi.warning_markers, "bold red")
    add("vehicle", " ".join(part for part in (voi.colour, voi.make, voi.model) if part))
    add("instructions", voi.information)
    add("list", f"{voi.hotlist_id}, owner {voi.owner or 'not said'}, revision {hit.hotlist_revision}")
    add("reference", " · ".join(part for part in (voi.reference, voi.force_area, voi.marking, voi.incident) if part))
    add("weed date", _weed_date(alert, datetime.now(UTC)))
    add("in force", _in_force(hit))
    add("captured", f"{read.captured_at:%Y-%m-%d %H:%M:%S.%f} UTC at {read.camera_id}, {read.direction.value}")
    stale = _is_stale(alert, stale_after_seconds)
    add(
        "age",
        f"{_age(alert)} when the alert was raised" + (": STALE" if stale else ""),
        "bold magenta" if stale else "",
    )
    kinds = Counter(one.hit.kind.value for one in alert.repeats)
    add("repeats", ", ".join(f"{count} {kind}" for kind, count in kinds.items()))
    for kind, path in pictures.items():
        add(kind, str(path) if path else "nowhere to be found", "" if path else "red")
    add("told", ", ".join(alert.recipients))
    add("escalated", ", ".join(f"{at:%H:%M:%S}" for at in alert.escalations))
    for step in alert.history:
        note = f": {step.note}" if isinstance(step, Disposition) and step.note else ""
        add(step.state.value, f"{step.at:%Y-%m-%d %H:%M:%S} by {step.person}{note}")
    add("next", _NEXT.get(alert.state, ""))
    return Panel(Group(lines), title=Text(f"alert {alert.alert_id}"), title_align="left", expand=False)


def _age(alert: Alert) -> str:
    seconds = int(alert.read_age.total_seconds())
    if seconds < 120:
        return f"{seconds} s old"
    if seconds < 7200:
        return f"{seconds // 60} min old"
    return f"{seconds // 3600} h old" if seconds < 172_800 else f"{seconds // 86_400} days old"


def _is_stale(alert: Alert, stale_after_seconds: float) -> bool:
    return alert.read_age > timedelta(seconds=stale_after_seconds)


def _weed_date(alert: Alert, now: datetime) -> Text:
    weed = alert.hit.voi.weed_date
    if weed is None:
        return Text("none", style="dim")
    over = weed <= now
    # a day's end is the midnight after it
    last = f"{weed - timedelta(microseconds=1):%Y-%m-%d}" if weed.time() == time() else f"{weed:%Y-%m-%d %H:%M}"
    return Text(last + (" OVER" if over else ""), style="bold magenta" if over else "")


def _in_force(hit: Hit) -> Text | str:
    if hit.as_it_is and hit.as_it_was is not False:
        return ""
    if not hit.as_it_is:
        return Text(
            "no longer: the entry was in force when the vehicle passed, not when it was matched", "bold magenta"
        )
    return Text("not yet when the vehicle passed: the entry came later", style="bold magenta")
