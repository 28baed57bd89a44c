"""`anpr hotlist show`: lists, their revisions, what is and was held of a mark, and why a hit was told."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from actors.cli.tables import console_for_tables
from pipeline import bootstrap
from pipeline.domain.hotlist import HotlistTerms
from pipeline.domain.vrm import parse_voi_mark
from pipeline.errors import BadInput, NotFound
from pipeline.match.instants import OPEN_END, instant_of, micros_of
from pipeline.match.lists.catalogue import Head, terms_of
from pipeline.match.lists.entries import entry_of
from pipeline.match.lists.fields import start_of
from pipeline.match.lists.store import HotlistStore
from pipeline.settings import Settings

Line = dict[str, Any]


def show(chosen: argparse.Namespace, store: HotlistStore, settings: Settings, *, by: str) -> int:
    """Print what was asked for; `by` may see it."""
    head = store.head()
    if chosen.hit:
        lines = _hit(store, settings, head, chosen.hit, by)
    elif chosen.vrm:
        lines = list(_entries(store, head, chosen.vrm, start_of(chosen.at) if chosen.at else None, by))
    elif chosen.list:
        lines = list(_revisions(store, head, chosen.list, by))
    else:
        lines = list(_lists(head, by))
    if chosen.at and not chosen.vrm:
        raise BadInput("--at goes with --vrm")
    _print(lines, as_json=chosen.json)
    hidden = sum(not one.terms.may_be_seen_by(by) for one in head.lists)
    if hidden:
        print(f"{hidden} list(s) are not for you to see", file=sys.stderr)
    return 0


def _lists(head: Head, by: str) -> Iterator[Line]:
    today = datetime.now(UTC).date()
    for one in head.lists:
        terms = one.terms
        if terms.may_be_seen_by(by):
            overdue = " (overdue)" if terms.review_is_overdue(today) else ""
            yield {
                "list": terms.hotlist_id,
                "entries": terms.entries,
                "revision": one.revision,
                "owner": terms.owner,
                "purpose": terms.purpose,
                "review": f"{terms.review_date or ''}{overdue}",
                "seen by": ("covert: " if terms.covert else "") + (", ".join(terms.visible_to) or "owner")
                if terms.covert or terms.visible_to
                else "everybody",
            }


def _revisions(store: HotlistStore, head: Head, name: str, by: str) -> Iterator[Line]:
    state = head.numbered(name)
    if state is None or not state.terms.may_be_seen_by(by):
        raise NotFound(f"there is no list {name} that you may see")
    for revision, step in store.steps(state.number):
        yield {
            "seen as": revision.sequence,
            "revision": step.state.revision,
            "at": _told(revision.at),
            "by": revision.by,
            "kind": revision.kind.value,
            "added": step.added,
            "altered": step.altered,
            "taken off": step.removed,
            "erased": step.erased,
            "entries": step.state.terms.entries,
            "file": revision.source[:12],
            "forced because": revision.reason,
        }


def _entries(store: HotlistStore, head: Head, vrm: str, at: datetime | None, by: str) -> Iterator[Line]:
    terms = terms_of(head)
    made = {one.at: one.sequence for one in store.revisions(0, head.sequence)}
    asked = None if at is None else micros_of(at)
    rows = store.held_at(head.sequence).rows_of_mark(parse_voi_mark(vrm).encode())
    if asked is not None and asked < store.history_from(head.sequence):
        print("some entries of that time are erased: weeded, or kept no longer", file=sys.stderr)
    for row in rows.to_pylist():
        on_the_list = row["listed_at"] <= (OPEN_END - 1 if asked is None else asked) < row["removed_at"]
        in_force = on_the_list and (asked is None or row["valid_from"] <= asked < row["weed_date"])
        if terms[row["hotlist"]].may_be_seen_by(by) and (asked is None or in_force):
            entry = entry_of(row, terms)
            yield {
                "vrm": entry.vrm,
                "list": entry.hotlist_id,
                "on the list": f"{_told(row['listed_at'])} to {_told(row['removed_at']) or 'now'}",
                "since revision": made.get(row["listed_at"], ""),
                "until revision": made.get(row["removed_at"], ""),
                "in force": f"{_told(row['valid_from']) or 'always'} to {_told(row['weed_date']) or 'for ever'}",
            } | {key: value for key, value in asdict(entry).items() if key not in _SHOWN and value}


def _hit(store: HotlistStore, settings: Settings, head: Head, hit_id: str, by: str) -> list[Line]:
    stored = bootstrap.stored_hits(settings)
    found = stored.by_id(hit_id)
    stored.close()
    terms = {one.hotlist_id: one for one in terms_of(head)}
    if found is None or not _may_see(terms.get(found.hit.voi.hotlist_id), by):
        raise NotFound("there is no such hit that you may see")
    hit, read = found.hit, found.read
    sequence = int(hit.hotlist_revision) if hit.hotlist_revision.isdecimal() else 0
    made = store.revisions(sequence - 1, sequence)
    return [
        {
            "hit": hit.hit_id,
            "kind": hit.kind.value,
            "likelihood": hit.likelihood,
            "read as": read.vrm,
            "camera": read.camera_id,
            "captured": read.captured_at.isoformat(),
            "matched": found.matched_at.isoformat(),
            "entry": {key: str(value) for key, value in asdict(hit.voi).items() if value not in ("", None)},
            "revision": sequence,
            "made at": _told(made[0].at) if made else "",
            "made by": made[0].by if made else "",
            "of file": made[0].source[:12] if made else "",
        }
    ]


def _may_see(terms: HotlistTerms | None, by: str) -> bool:
    return terms is None or terms.may_be_seen_by(by)


_SHOWN = {"vrm", "hotlist_id", "valid_from", "weed_date"}


def _told(micros: int) -> str:
    instant = instant_of(micros)
    return instant.isoformat(timespec="seconds") if instant else ""


def _print(lines: Sequence[Line], *, as_json: bool) -> None:
    if as_json:
        for line in lines:
            print(json.dumps(line, default=str))
        return
    if not lines:
        print("Nothing.")
        return
    if any(len(line) > 8 for line in lines) or "entry" in lines[0]:
        for line in lines:
            print("\n".join(f"{key:>16}  {value}" for key, value in line.items()) + "\n")
        return
    table = Table()
    for name in lines[0]:
        table.add_column(name)
    for line in lines:
        table.add_row(*(str(line.get(name, "")) for name in lines[0]))
    console_for_tables().print(table)
