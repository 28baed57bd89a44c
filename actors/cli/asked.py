"""What the commands around lawful access make of their arguments: who asks, which marks, where and when."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from pathlib import Path

from pipeline.access.desk import Desk
from pipeline.domain.access import Person
from pipeline.domain.query import Area, Term, confusable, exact, partial
from pipeline.domain.vrm import is_partial
from pipeline.errors import AccessDenied, BadInput

TOKEN_VARIABLE = "ANPR_TOKEN"


def person_asking(chosen: argparse.Namespace, desk: Desk) -> Person:
    """Return whose token was given."""
    return desk.who(token_given(chosen))


def token_given(chosen: argparse.Namespace) -> str:
    """Return the token that was given. It is never an argument: other users of the machine can see those."""
    if chosen.token:
        try:
            token = Path(chosen.token).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"{chosen.token}: the token cannot be read") from error
    else:
        token = os.environ.get(TOKEN_VARIABLE, "")
    if not token.strip():
        raise AccessDenied(f"say who you are: --token FILE, or the variable {TOKEN_VARIABLE}; see `anpr people token`")
    return token.strip()


def terms_of(marks: Iterable[str], *, look_alikes: bool = False) -> tuple[Term, ...]:
    """Return the terms for marks as they were typed: one with ? or * is partial."""
    return tuple(partial(one) if is_partial(one) else confusable(one) if look_alikes else exact(one) for one in marks)


def area_of(given: str) -> Area:
    """Return the area that `S,W,N,E` spells."""
    try:
        south, west, north, east = (float(one) for one in given.split(","))
    except ValueError:
        raise BadInput("--area is four numbers: south,west,north,east in degrees") from None
    return Area(south=south, west=west, north=north, east=east)
