"""Any value in any field of a message: it becomes records, or is refused with a reason that quotes nothing."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.join.settings import Format
from tests.fuzz.targets import targets
from tests.support.joined import ALPR_GROUP, COMPACT, ONVIF, PLATE_RECOGNIZER, soap

RUN = {one.name: one.run for one in targets()}
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(SCALARS, lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=8), some))
RESULT: dict[str, Any] = PLATE_RECOGNIZER["data"]["results"][0]


@given(st.dictionaries(st.sampled_from(sorted(ALPR_GROUP)), VALUES, min_size=1, max_size=3))
@settings(max_examples=40, deadline=None)
def test_any_value_in_a_group(changed: dict[str, Any]) -> None:
    RUN[Format.ALPR_GROUP](json.dumps(ALPR_GROUP | changed).encode())


@given(
    st.dictionaries(st.sampled_from(["camera_id", "timestamp", "results"]), VALUES, max_size=2),
    st.dictionaries(st.sampled_from(sorted(RESULT)), VALUES, max_size=3),
)
@settings(max_examples=40, deadline=None)
def test_any_value_in_a_webhook(changed: dict[str, Any], in_result: dict[str, Any]) -> None:
    told = PLATE_RECOGNIZER["data"] | {"results": [RESULT | in_result]} | changed
    RUN[Format.PLATE_RECOGNIZER](json.dumps(PLATE_RECOGNIZER | {"data": told}).encode())


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="<&\0"), max_size=12), max_size=18))
@settings(max_examples=40, deadline=None)
def test_any_fields_in_a_compact_capture(fields: list[str]) -> None:
    known = COMPACT.split("|")
    mixed = [given or known[at % len(known)] for at, given in enumerate(fields)]
    RUN[Format.BOF2](soap(f"<sendCompactCapture><c>{'|'.join(mixed)}</c></sendCompactCapture>"))


@given(
    st.sampled_from(["2026-01-05T08:30:15.123Z", "VideoSource_1", "0.97", "RuleEngine", "http://www.onvif.org"]),
    st.text(st.characters(codec="utf-8", exclude_characters='<&"\0'), max_size=20),
)
@settings(max_examples=40, deadline=None)
def test_any_text_in_an_event(piece: str, text: str) -> None:
    RUN[Format.ONVIF](ONVIF.replace(piece.encode(), text.encode()))
