"""`anpr policy explain`."""

from __future__ import annotations

import argparse
import textwrap

from actors.cli.given import settings_given
from pipeline.access.explain import explained

_WIDTH = 100


def execute(chosen: argparse.Namespace) -> int:
    """Print the policy of the settings, a paragraph a rule."""
    paragraphs = explained(settings_given(chosen).access)
    print("\n\n".join(textwrap.fill(one, _WIDTH) for one in paragraphs))
    return 0
