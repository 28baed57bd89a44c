"""What people may write into the registers and the log: plain text of bounded length.

No control, direction or invisible characters: whoever reads it later, in a terminal or a report, must see what is
there.
On failure: BadInput, which does not quote the text.
"""

from __future__ import annotations

from pipeline.errors import BadInput

MOST_NAME, MOST_LINE, MOST_TEXT = 128, 200, 4000


def is_plain(text: str, most: int) -> bool:
    """Tell whether `text` is printable, line breaks allowed, and no longer than `most` characters."""
    return len(text) <= most and text.replace("\n", " ").isprintable()


def plain(text: str, what: str, most: int = MOST_TEXT) -> str:
    """Return `text` without surrounding space. Raises BadInput unless it says something and is plain."""
    said = text.strip()
    if not said or not is_plain(said, most):
        raise BadInput(f"{what} must be plain text of 1 to {most:,} characters")
    return said


def name(text: str, what: str) -> str:
    """Return `text` if it can name something: no spaces. Raises BadInput otherwise."""
    if not text or len(text) > MOST_NAME or not text.isprintable() or any(one.isspace() for one in text):
        raise BadInput(f"{what} must be 1 to {MOST_NAME} printable characters without spaces")
    return text
