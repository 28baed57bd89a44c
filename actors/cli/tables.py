"""Where commands print their tables: as wide as the terminal, and where there is none, too wide to fold.

A table that goes into a file or another program is searched by lines; folded at the 80 columns of a terminal that is
not there, a name or a mark is in two of them. On failure: nothing here fails.
"""

from __future__ import annotations

from rich.console import Console

_PLAIN_WIDTH = 180


def console_for_tables() -> Console:
    """Return a console on what standard output is now."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_PLAIN_WIDTH)
