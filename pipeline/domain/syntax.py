"""The layouts of British marks. They describe a read and re-rank candidates; they never discard anything."""

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


def syntax_of(vrm: Vrm) -> Syntax:
    """Return the first layout that `vrm` fits, in the order of how common they are on the road."""
    for syntax, layout in _LAYOUTS:
        if layout.fullmatch(vrm):
            return syntax
    return Syntax.UNKNOWN
