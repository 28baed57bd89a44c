"""What is published holds what people said, as text, and neither place nor id of the camera."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.access.cameras import steps
from pipeline.access.cameras.publish import document, letter
from pipeline.errors import BadInput
from tests.unit.access.cameras.office import TOMORROW
from tests.unit.access.cameras.test_assessments import CONSULTED, DRAFT, approved
from tests.unit.access.stand import DAY, NOW

WORDS = st.text(st.characters(blacklist_categories=("C", "Z")), min_size=1, max_size=40)


@settings(max_examples=20, deadline=None)
@given(WORDS, WORDS)
def test_documents_hold_what_people_wrote_as_text_only(said: str, who: str) -> None:
    hostile = f"<script>{said}</script>"
    asked = steps.invited(DRAFT, who=[f"<b>{who}</b>"], closes_on=TOMORROW, at=NOW)
    heard = steps.replied(asked, who="x", said=hostile, at=NOW)
    for page in (
        document(heard, force="Testshire", contact="<i>us</i>", at=NOW),
        letter(heard, force="Testshire", contact="<i>us</i>", at=NOW),
    ):
        assert "<script" not in page
        assert f"<b>{who}</b>" not in page
        assert "<i>us</i>" not in page


def test_documents_need_a_contact_and_letters_somebody_who_is_asked() -> None:
    with pytest.raises(BadInput, match="contact"):
        document(DRAFT, force="Testshire", contact=" ", at=NOW)
    with pytest.raises(BadInput, match="asked"):
        letter(DRAFT, force="Testshire", contact="us", at=NOW)


def test_the_document_tells_factors_matrix_consultation_and_decision() -> None:
    page = document(approved(CONSULTED), force="Testshire", contact="us", at=NOW)
    for told in ("very likely", "exceptionally only", "about serious-crime", "council", "noted", "Approved", "needed"):
        assert told in page
    assert "expired" in document(approved(CONSULTED), force="Testshire", contact="us", at=NOW + 3 * DAY)
