"""What the public is given: the assessment as a document, and the letter that invites views.

Promise: neither holds the place or the id of the camera (an assessment has none, and its texts were searched for the
place's degrees when they were entered); whatever people wrote appears as text, never as markup. The pages need nothing
else: no script, no picture, no other file.
On failure: BadInput where a document would be empty: no contact, or nobody invited.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.access.cameras.questions import FACTORS, MATRIX, PLACES, SCREENING, exceptional_only
from pipeline.domain.camera import Assessment, CameraKind
from pipeline.errors import BadInput

_KINDS = {
    CameraKind.FIXED: "a fixed camera",
    CameraKind.PORTABLE: "a portable camera, which stands in one place for a while",
    CameraKind.MOBILE: "a mobile camera in a police vehicle",
}


def document(one: Assessment, *, force: str, contact: str, at: datetime) -> str:
    """Return the assessment as HTML, as it stands at `at`."""
    return _page("document.html", one, force, contact, at)


def letter(one: Assessment, *, force: str, contact: str, at: datetime) -> str:
    """Return one letter, a page each, to all who were invited."""
    if not one.consultation.invited:
        raise BadInput("nobody has been asked yet: `anpr camera consult CAMERA --invite WHO --closes DATE`")
    return _page("letter.html", one, force, contact, at)


def _page(template: str, one: Assessment, force: str, contact: str, at: datetime) -> str:
    if not contact.strip():
        raise BadInput('say where the public may write to: contact = "…" in [cameras] of the settings, or --contact')
    return (
        _templates()
        .get_template(template)
        .render(
            one=one,
            state=one.state_at(at).value,
            force=force,
            contact=contact,
            at=at,
            kind=_KINDS[one.kind],
            mobile=one.kind is CameraKind.MOBILE,
            place=PLACES[one.case.place],
            factors=FACTORS,
            matrix=MATRIX[one.case.place],
            screening=SCREENING,
            exceptional=exceptional_only(one.case),
        )
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("pipeline.access.cameras", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
