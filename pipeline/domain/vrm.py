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
FOLDED = {"O": "0", "Q": "0", "I": "1"}
"""The glyphs that British plates do not tell apart."""

_FOLDED = str.maketrans(FOLDED)
_ONE_GLYPH = str.maketrans("OI", "01")
_PARTIAL = re.compile(r"[A-Z0-9?*]+")
_WILDCARDS = re.compile(r"[?*]+")
_FEWEST_KNOWN = 2


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


def same_glyphs(text: str) -> str:
    """Return what a plate bearing `text` shows: O and 0 are one glyph of the prescribed font, and so are I and 1.

    Two marks that show the same are the same in an exact match: no picture could tell them apart. Q has a tail.
    """
    return text.translate(_ONE_GLYPH)


def is_partial(mark: str) -> bool:
    """Tell whether the mark of a VOI leaves characters open: `?` one, `*` any run of them, also none."""
    return "?" in mark or "*" in mark


def parse_voi_mark(text: str) -> Vrm:
    """Return the canonical mark of a VOI, whole or partial. Raises BadInput as `parse_vrm` does, which see.

    A partial one needs two known characters. Runs of wildcards are spelt one way: the `?` first, then one `*`.
    """
    if not is_partial(text):
        return parse_vrm(text)
    spelled = _SEPARATORS.sub("", text).upper()
    spelled = _WILDCARDS.sub(lambda run: "?" * run[0].count("?") + "*" * ("*" in run[0]), spelled)
    if len(spelled) > MAXIMUM_LENGTH:
        raise BadInput(f"a VRM has at most {MAXIMUM_LENGTH} characters, got {len(spelled)}")
    if not _PARTIAL.fullmatch(spelled):
        raise BadInput("a partial VRM holds only the letters A-Z, the digits 0-9, ? and *")
    if sum(character not in "?*" for character in spelled) < _FEWEST_KNOWN:
        raise BadInput(f"a partial VRM needs at least {_FEWEST_KNOWN} known characters: it would fit everything")
    return Vrm(spelled)
