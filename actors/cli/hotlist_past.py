"""`anpr hotlist past`: a new vehicle of interest against the record, through the gate as any other search."""

from __future__ import annotations

import argparse

from actors.cli.asked import terms_of
from actors.cli.search import look
from pipeline import bootstrap_access
from pipeline.domain.vrm import Vrm


def execute(chosen: argparse.Namespace) -> int:
    (term,) = terms_of(chosen.marks, look_alikes=True)
    return look(chosen, lambda settings, now: bootstrap_access.past_search(settings, Vrm(term.text), now))
