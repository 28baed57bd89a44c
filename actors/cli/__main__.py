"""`anpr`: the command. Also `python -m actors.cli`."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence

from actors.cli.parser import parser
from pipeline.errors import AnprError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status: 0 done, 1 done in part or refused, 2 asked wrongly."""
    logging.basicConfig(level=os.environ.get("ANPR_LOG", "WARNING"), format="%(levelname)s %(name)s: %(message)s")
    chosen = parser().parse_args(arguments)
    try:
        status: int = chosen.run(chosen)
    except AnprError as error:
        print(f"anpr {chosen.command}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # whoever reads our output has had enough; there is nobody left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
