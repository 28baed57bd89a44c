"""The layouts of British marks. They describe a read and re-rank candidates, and discard none of them.

That an unlikely text without any layout is dropped from photographs is a rule of `pipeline/reading.py`.
"""

from __future__ import annotations

import re
from enum import StrEnum

from pipeline.domain.vrm import Vrm


class Syntax(StrEnum):
    """Which layout a VRM has (SI 2001/561 Sch. 3 Table A, and the special series)."""

    CURRENT = "current"
    PREFIX = "prefix"
    SUFFIX = "suffix"
    Q = "q"
    NORTHERN_IRELAND = "northern-ireland"
    DATELESS = "dateless"
    DIPLOMATIC = "diplomatic"
    MILITARY = "military"
    UNKNOWN = "unknown"


_LAYOUTS: tuple[tuple[Syntax, re.Pattern[str]], ...] = (
    (Syntax.CURRENT, re.compile(r"[A-HJ-PR-Y]{2}\d{2}[A-HJ-PR-Z]{3}")),
    (Syntax.Q, re.compile(r"Q\d{1,3}[A-Z]{3}")),
    (Syntax.PREFIX, re.compile(r"[A-HJ-NPR-TV-Y]\d{1,3}[A-HJ-PR-Z]{3}")),
    (Syntax.SUFFIX, re.compile(r"[A-HJ-PR-Z]{3}\d{1,3}[A-HJ-NPR-TV-Y]")),
    (Syntax.DIPLOMATIC, re.compile(r"\d{3}[DX]\d{3}")),
    (Syntax.NORTHERN_IRELAND, re.compile(r"(?=[A-Z]*[IZ])[A-Z]{3}\d{1,4}")),
    (Syntax.MILITARY, re.compile(r"[A-Z]{2}\d{2}[A-Z]{2}")),
    (Syntax.DATELESS, re.compile(r"\d{4}[A-Z]{1,2}|\d{1,3}[A-Z]{1,3}|[A-Z]{1,3}\d{1,3}|[A-Z]{1,2}\d{4}")),
)

_FOREIGN_LAYOUTS = re.compile(
    # The Netherlands, sidecodes 1 to 11: letters and digits in three blocks.
    r"[A-Z]{2}\d{4}|\d{4}[A-Z]{2}|\d{2}[A-Z]{2}\d{2}|[A-Z]{2}\d{2}[A-Z]{2}|[A-Z]{4}\d{2}|\d{2}[A-Z]{4}"
    r"|\d{2}[A-Z]{3}\d|\d[A-Z]{3}\d{2}|[A-Z]{2}\d{3}[A-Z]|[A-Z]\d{3}[A-Z]{2}"
    # Jersey; Man's marks fit the others. Digits alone (Guernsey, trade plates) are left out: so are numbers on signs.
    r"|J\d{5,6}"
    # France, Italy, Slovakia; Romania; Poland; Germany; Czechia; Belgium; Spain; Ireland; Hungary.
    r"|[A-Z]{2}\d{3}[A-Z]{2}|[A-Z]{1,2}\d{2,3}[A-Z]{3}|[A-Z]{2,3}\d{4,5}|[A-Z]{2}\d{4}[A-Z]|[A-Z]{3}\d{2}[A-Z]{2}"
    r"|[A-Z]{2,5}\d{1,4}|\d[A-Z0-9]{2}\d{4}|\d[A-Z]{3}\d{3}|\d{4}[A-Z]{3}|\d{2,3}[A-Z]{1,2}\d{1,6}|[A-Z]{3,4}\d{3}"
)
"""Layouts of the series of other countries and islands, letters and digits by place; many share one."""


_LATEST_AGE = 30
"""Of the marks issued until 2030: after that the rule says too little, until this number grows."""


def syntax_of(vrm: Vrm) -> Syntax:
    """Return the first layout that `vrm` fits, in the order of how common they are on the road."""
    for syntax, layout in _LAYOUTS:
        if layout.fullmatch(vrm):
            return syntax
    return Syntax.UNKNOWN


def was_issued(vrm: Vrm) -> bool:
    """Tell whether a mark of the current layout bears an age that was issued, 02 to 30 or 51 to 80; others always.

    March's ages are the year's last digits, September's 50 more; the first were 51 and 02, and the last are due in 2050
    (ultimatecarcheck.co.uk/number-plates; carsgt.co).
    """
    if syntax_of(vrm) is not Syntax.CURRENT:
        return True
    age = int(vrm[2:4])
    return 2 <= age <= _LATEST_AGE or 51 <= age <= 50 + _LATEST_AGE


def has_foreign_layout(vrm: Vrm) -> bool:
    """Tell whether `vrm` fits the series of a European country or island that is often seen on British roads."""
    return _FOREIGN_LAYOUTS.fullmatch(vrm) is not None


def has_layout(vrm: Vrm) -> bool:
    """Tell whether `vrm` fits any layout known here, British or foreign."""
    return syntax_of(vrm) is not Syntax.UNKNOWN or has_foreign_layout(vrm)
