"""`anpr settings check` and `anpr settings show`."""

from __future__ import annotations

import argparse
import sys

from pipeline.errors import SettingsError
from pipeline.settings import load_settings


def execute(chosen: argparse.Namespace) -> int:
    if chosen.action == "show":
        # it reads its own source, which nobody else needs
        from pipeline.settings_page import settings_page

        print(settings_page(), end="")
        return 0
    try:
        settings = load_settings(chosen.file)
    except SettingsError as error:
        for fault in error.faults:
            print(fault, file=sys.stderr)
        print(f"{len(error.faults)} fault(s)", file=sys.stderr)
        return 1
    print(f"{chosen.file}: good, {len(settings.feeds)} feed(s): {', '.join(settings.feeds) or 'none'}")
    return 0
