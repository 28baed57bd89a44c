"""`anpr search`: the record, through the gate."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from actors.cli.asked import request_of
from actors.cli.given import settings_given
from actors.cli.tables import console_for_tables
from pipeline import bootstrap_access
from pipeline.access.gate import Answer, Gate
from pipeline.domain.access import AccessRequest, Narrowing, Refusal
from pipeline.domain.ports import RecordSearch
from pipeline.domain.query import Ended, Found, Limits, Order
from pipeline.errors import BadInput
from pipeline.settings import Settings

_MOST_ROWS = 100_000
_AT_ONCE = 1000


def execute(chosen: argparse.Namespace) -> int:
    return look(chosen, lambda settings, _: bootstrap_access.record_search(settings))


def look(chosen: argparse.Namespace, record: Callable[[Settings, datetime], RecordSearch]) -> int:
    """Show what the gate gives of `record` to who asks; return the exit status."""
    if not 1 <= chosen.rows <= _MOST_ROWS:
        raise BadInput(f"--rows must be 1 to {_MOST_ROWS:,}")
    settings = settings_given(chosen)
    with bootstrap_access.desk(settings) as desk:
        order = Order.OLDEST_FIRST if chosen.oldest_first else Order.NEWEST_FIRST
        request = request_of(chosen, desk, usual=chosen.usual, order=order)
        console = console_for_tables()
        shown, kept_back, last = 0, 0, None
        for answer in _answers(desk.gate(record(settings, desk.clock.now())), request, chosen.rows):
            if isinstance(answer, Refusal):
                print(f"anpr search: refused ({answer.rule}): {answer.reason}", file=sys.stderr)
                return 1
            if last is not None and set(answer.grant.narrowed) - set(last.grant.narrowed) and not chosen.json:
                console.print("[bold magenta]What is open has changed while you were looking.[/]")
            _show(answer.page.found, chosen, console)
            shown, kept_back, last = shown + len(answer.page.found), kept_back + answer.kept_back, answer
        if last is not None:
            _close(last, shown, kept_back, chosen, console)
    return 0


def _answers(gate: Gate, request: AccessRequest, rows: int) -> Iterator[Answer | Refusal]:
    """Yield pages until so many rows were given; a page may be empty and not be the last."""
    cursor: str | None = None
    left = rows
    while True:
        answer = gate.page(request, Limits(rows=min(left, _AT_ONCE)), cursor)
        yield answer
        if isinstance(answer, Refusal):
            return
        cursor, left = answer.cursor, left - len(answer.page.found)
        if cursor is None or left <= 0 or answer.page.ended is Ended.CANCELLED:
            return


def _show(found: tuple[Found, ...], chosen: argparse.Namespace, console: Console) -> None:
    if chosen.json:
        for one in found:
            place = one.location
            told = {
                "vrm": one.vrm,
                "captured_at": one.captured_at.isoformat(),
                "camera": one.camera_id,
                "latitude": place.latitude if place else None,
                "longitude": place.longitude if place else None,
                "place_is_coarse": one.coarse,
                "fits": one.text,
                "as_read": one.rank == 0,
                "probability": round(one.probability, 4),
            }
            print(json.dumps(told))
        return
    if not found:
        return
    table = Table()
    for heading in ("captured (UTC)", "mark", "fits", "sure", "camera", "place"):
        table.add_column(heading, overflow="fold")
    for one in found:
        near = f"{'around ' if one.coarse else ''}{one.location.latitude:.5g}, {one.location.longitude:.5g}" if (
            one.location
        ) else ""  # fmt: skip
        fits = "as read" if one.rank == 0 else f"perhaps {one.text}"
        captured = f"{one.captured_at:%Y-%m-%d %H:%M:%S}"
        texts = (captured, one.vrm, fits, f"{one.probability:.0%}", one.camera_id, near)
        table.add_row(*(Text(text) for text in texts))
    console.print(table)


def _close(last: Answer, shown: int, kept_back: int, chosen: argparse.Namespace, console: Console) -> None:
    narrowed = [_told(one) for one in last.grant.narrowed]
    if chosen.json:
        answer = {
            "reads": shown,
            "more": last.cursor is not None,
            "kept_back": kept_back,
            "rule": last.grant.rule,
            "left_out": narrowed,
        }
        print(json.dumps({"answer": answer}))
        return
    console.print(f"{shown} read(s)" + ("; there are more: --rows" if last.cursor else ""))
    for one in narrowed:
        console.print(
            Text(f"Left out: captured {one['from'][:16]} to {one['to'][:16]} ({one['rule']}): {one['reason']}."),
            soft_wrap=True,
        )
    if kept_back:
        console.print(f"Left out: {kept_back} read(s) that became closed while they were looked for.")


def _told(one: Narrowing) -> dict[str, str]:
    return {
        "from": one.away.begin.isoformat(),
        "to": one.away.end.isoformat(),
        "rule": one.rule,
        "reason": one.reason,
    }
