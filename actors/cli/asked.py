"""What the commands around lawful access make of their arguments: who asks, which marks, where and when."""

from __future__ import annotations

import argparse
import os
import uuid
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from pipeline.access.desk import Desk
from pipeline.domain.access import AccessRequest, AuthorisationId, Category, Person, RequestId
from pipeline.domain.plate import CameraId
from pipeline.domain.query import Area, Order, Query, Term, confusable, exact, partial
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


def request_of(chosen: argparse.Namespace, desk: Desk, *, usual: timedelta, order: Order) -> AccessRequest:
    """Return the request that was typed; without a beginning it looks back for `usual`."""
    now = desk.clock.now()
    end = chosen.end or now
    query = Query(
        begin=chosen.begin or end - usual,
        end=end,
        terms=terms_of(chosen.marks, look_alikes=chosen.look_alikes),
        cameras=tuple(CameraId(one) for one in chosen.camera),
        area=area_of(chosen.area) if chosen.area else None,
        order=order,
    )
    return AccessRequest(
        request_id=RequestId(uuid.uuid4().hex),
        person=person_asking(chosen, desk),
        purpose=chosen.purpose,
        category=Category(chosen.category),
        reference=chosen.reference,
        justification=chosen.justification,
        query=query,
        made_at=now,
        authorisation_id=AuthorisationId(chosen.authorisation) if chosen.authorisation else None,
    )


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
