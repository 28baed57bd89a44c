"""`anpr hotlist`: check, load, diff and weed. What `show` prints is in its own file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from actors.cli.given import settings_given
from actors.cli.hotlist_show import show
from pipeline import bootstrap
from pipeline.domain.hotlist import HotlistId
from pipeline.domain.vrm import is_partial
from pipeline.errors import BadInput
from pipeline.match.instants import micros_of
from pipeline.match.lists.catalogue import ListStep
from pipeline.match.lists.entries import marks_of, numbers_of
from pipeline.match.lists.fields import checked_list_name
from pipeline.match.lists.file import ListFile, read_list_file
from pipeline.match.lists.loading import LoadRequest, Plan, load, plan, set_terms
from pipeline.match.lists.watch import person
from pipeline.match.lists.weeding import weed


def execute(chosen: argparse.Namespace) -> int:
    if getattr(chosen, "force", False) != bool(getattr(chosen, "reason", "")):
        raise BadInput("--force and --reason go together: what is forced is recorded with why")
    return _ACTIONS[chosen.action](chosen)


def _check(chosen: argparse.Namespace) -> int:
    file = _file_of(chosen, chosen.file)
    _describe(file)
    for line, reason in file.faults:
        print(f"{file.name}: line {line}: {reason}", file=sys.stderr)
    if file.fault_count > len(file.faults):
        print(f"… and {file.fault_count - len(file.faults)} more", file=sys.stderr)
    if file.fault_count:
        print(f"{file.fault_count} malformed line(s)", file=sys.stderr)
    return 1 if file.fault_count else 0


def _load(chosen: argparse.Namespace) -> int:
    settings = settings_given(chosen)
    store = bootstrap.hotlist_store(settings)
    if chosen.file is None:
        if chosen.list is None or not _terms(chosen):
            raise BadInput("without FILE give --list, and what to change: --owner, --purpose, --review-date, …")
        step = set_terms(store, checked_list_name(chosen.list), _terms(chosen), by=_by(chosen))
        print(f"list {step.state.terms.hotlist_id}: changed; its {step.state.terms.entries:,} entries are as they were")
        return 0
    file = _file_of(chosen, chosen.file)
    loaded = load(
        store,
        file,
        _request(chosen, file),
        least_share=settings.match.least_share_of_last,
        today=datetime.now(UTC).date(),
    )
    for step in loaded.steps:
        print(_sentence(step))
    if loaded.left_out:
        print(f"{loaded.left_out} malformed line(s) were left out", file=sys.stderr)
    print(f"Matchers see this as revision {loaded.sequence}.")
    return 0


def _diff(chosen: argparse.Namespace) -> int:
    settings = settings_given(chosen)
    store = bootstrap.hotlist_store(settings)
    file = _file_of(chosen, chosen.file)
    today = datetime.now(UTC).date()
    request = _request(chosen, file, owner="?", purpose="?", review_date=today)
    planned = plan(store, store.head(), file, request, least_share=settings.match.least_share_of_last, today=today)
    for step in planned.steps:
        print(_sentence(step))
    if chosen.marks:
        for line in _marks(planned, _by(chosen)):
            print(line)
    for objection in planned.objections:
        print(f"would be refused: {objection}", file=sys.stderr)
    return 1 if planned.objections else 0


def _weed(chosen: argparse.Namespace) -> int:
    settings = settings_given(chosen)
    store = bootstrap.hotlist_store(settings)
    steps = weed(store, by=_by(chosen), reason=chosen.reason, history_days=settings.match.history_days)
    for step in steps:
        print(f"list {step.state.terms.hotlist_id}: {step.erased:,} erased, {step.state.terms.entries:,} entries left")
    if not steps:
        print("Nothing is past its date.")
    return 0


def _show(chosen: argparse.Namespace) -> int:
    settings = settings_given(chosen)
    return show(chosen, bootstrap.hotlist_store(settings), settings, by=_by(chosen))


def _file_of(chosen: argparse.Namespace, path: Path) -> ListFile:
    of_list = checked_list_name(chosen.list) if chosen.list else None
    return read_list_file(path, of_list=of_list, delta=chosen.delta)


def _request(chosen: argparse.Namespace, file: ListFile, **defaults: Any) -> LoadRequest:
    return LoadRequest(
        by=_by(chosen),
        of_list=HotlistId(chosen.list) if chosen.list else None,
        delta=chosen.delta,
        base=chosen.base,
        revision=getattr(chosen, "revision", None) or file.revision,
        reason=getattr(chosen, "reason", ""),
        terms=_terms(chosen),
        terms_if_new=defaults,
    )


def _terms(chosen: argparse.Namespace) -> dict[str, Any]:
    given = {
        "owner": getattr(chosen, "owner", None),
        "purpose": getattr(chosen, "purpose", None),
        "review_date": getattr(chosen, "review_date", None),
        "covert": getattr(chosen, "covert", None),
        "visible_to": tuple(getattr(chosen, "visible_to", None) or ()) or None,
        "near_false_per_1000_reads": getattr(chosen, "near_false", None),
    }
    return {name: value for name, value in given.items() if value is not None}


def _by(chosen: argparse.Namespace) -> str:
    return chosen.by or person()


def _describe(file: ListFile) -> None:
    print(f"{file.name}: {file.form.value} form, {len(file.lists)} list(s)")
    numbers, taken_off = numbers_of(file.entries, "hotlist"), numbers_of(file.removals, "hotlist")
    past = numbers_of(file.entries, "weed_date") <= micros_of(datetime.now(UTC))
    partial = np.array([is_partial(mark.decode()) for mark in marks_of(file.entries)], np.bool_)
    for number, name in enumerate(file.lists):
        of_list = numbers == number
        counts = [
            f"{np.count_nonzero(of_list):,} entries",
            f"{np.count_nonzero(of_list & partial):,} partial",
            f"{np.count_nonzero(of_list & past):,} past their weed date",
        ]
        removed = np.count_nonzero(taken_off == number)
        print(f"  {name}: " + ", ".join(counts + ([f"{removed:,} to take off"] if removed else [])))


def _sentence(step: ListStep) -> str:
    state = step.state
    counts = [
        f"{step.added:,} marks added",
        f"{step.altered:,} altered",
        f"{step.removed:,} taken off",
        f"{step.same:,} as they were",
    ]
    if step.unknown:
        counts.append(f"{step.unknown:,} to take off that were not on it")
    entries = f"{state.terms.entries:,} entries"
    return f"list {state.terms.hotlist_id}: revision {state.revision}: {', '.join(counts)}; {entries}"


def _marks(planned: Plan, by: str) -> Iterator[str]:
    terms = {step.state.number: step.state.terms for step in planned.steps}
    for table, held_sign, new_sign in ((planned.change.entries, "~", "+"), (planned.change.removals, "-", "-")):
        for mark, number in zip(marks_of(table), numbers_of(table, "hotlist"), strict=True):
            if terms[number].may_be_seen_by(by):
                known = len(planned.held.live_of(mark, int(number)))
                yield f"{held_sign if known else new_sign} {mark.decode()}  {terms[number].hotlist_id}"


_ACTIONS = {"check": _check, "load": _load, "diff": _diff, "show": _show, "weed": _weed}
