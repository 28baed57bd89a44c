"""The vehicle registration mark as a key: one canonical spelling for cameras, hotlists and searches."""

from __future__ import annotations

import re
from typing import NewType

from pipeline.errors import BadInput

Vrm = NewType("Vrm", str)
"""A canonical VRM: 1 to 16 characters of A-Z and 0-9, no spaces, upper case."""

MAXIMUM_LENGTH = 16
_CANONICAL = re.compile(r"[A-Z0-9]+")
_SEPARATORS = re.compile(r"[\s\-·.•:'_/]+")
_FOLDED = str.maketrans("OQI", "001")


def parse_vrm(text: str) -> Vrm:
    """Return the canonical VRM that `text` spells.

    Case, spaces and the usual separators do not count. Raises BadInput when nothing is left, when more than
    `MAXIMUM_LENGTH` characters are, or when a character is not one a plate can carry. The message never quotes
    the text, because messages reach logs.
    """
    spelled = _SEPARATORS.sub("", text).upper()
    if not spelled:
        raise BadInput("a VRM needs at least one letter or digit, got none")
    if len(spelled) > MAXIMUM_LENGTH:
        raise BadInput(f"a VRM has at most {MAXIMUM_LENGTH} characters, got {len(spelled)}")
    if not _CANONICAL.fullmatch(spelled):
        raise BadInput("a VRM holds only the letters A-Z and the digits 0-9")
    return Vrm(spelled)


def fold_vrm(vrm: Vrm) -> str:
    """Return the key under which look-alikes meet: O and Q as 0, I as 1 (the same glyphs on British plates)."""
    return vrm.translate(_FOLDED)
