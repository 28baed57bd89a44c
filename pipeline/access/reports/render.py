"""Reports as a page to read and print, and as a table for a spreadsheet.

Promise: whatever people wrote appears as text, never as markup (the templates escape by themselves) and never as a
formula (a cell that a spreadsheet would take for one begins with an apostrophe). The page needs nothing else: no
script, no picture, no other file.
On failure: nothing raises.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.access.reports.findings import Report

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands above every report. `fault` is what is wrong with the log, if anything is."""

    force: str
    made_at: datetime
    made_by: str
    begin: datetime | None
    end: datetime
    only: str
    entries: int
    digest: str
    fault: str


def page(head: Head, reports: Sequence[Report]) -> str:
    """Return an HTML page."""
    templates = Environment(
        loader=PackageLoader("pipeline.access.reports", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["visible"] = _visible
    return templates.get_template("report.html").render(head=head, reports=reports)


def table(report: Report) -> str:
    """Return CSV (RFC 4180) with a header."""
    written = io.StringIO(newline="")
    rows = csv.writer(written)
    rows.writerow(report.headings)
    rows.writerows([_harmless(cell) for cell in row] for row in report.rows)
    return written.getvalue()


def _harmless(cell: str) -> str:
    shown = _visible(cell)
    return f"'{shown}" if shown.lstrip(" ").startswith(_FORMULA) else shown


def _visible(text: str) -> str:
    """Return `text` with everything replaced that could hide or turn around what is there."""
    return "".join(one if one.isprintable() or one == "\n" else "\N{REPLACEMENT CHARACTER}" for one in text)
