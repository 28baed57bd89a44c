"""The page for people: markup stays text, nothing is loaded, nothing runs, every character shows."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline.access.evidence.export import Exporter
from pipeline.access.evidence.verify import STATEMENT
from pipeline.domain.access import PersonId, Refusal
from pipeline.domain.plate import CameraId
from pipeline.domain.read import ClockState, FeedId, ReadId, SourceId
from pipeline.domain.vrm import Vrm
from tests.support.builders import a_record
from tests.unit.access.evidence.exhibits import EXHIBITOR, KEY, Station
from tests.unit.access.stand import MARK, NOW, request


@pytest.fixture
def station() -> Station:
    return Station()


class Page(HTMLParser):
    """What a browser would make of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


EVIL = "</td><script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7 * 7 }}"


def test_markup_in_any_text_stays_text(tmp_path: Path) -> None:
    plain = Station()
    plain.export(tmp_path / "plain")
    record = plain.records.kept[0]
    evil_read = replace(
        record.read,
        feed_id=FeedId(EVIL),
        source_id=SourceId(EVIL),
        camera_id=CameraId(EVIL),
        raw_text=EVIL,
        model_version=EVIL,
        read_id=ReadId(EVIL),
        vrm=Vrm(EVIL),
        clock_state=ClockState.FILE,
        candidates=(replace(record.read.candidates[0], text=EVIL),),
    )
    person = replace(EXHIBITOR, person_id=PersonId(EVIL), force=EVIL, roles=EXHIBITOR.roles | {EVIL})
    asked = replace(
        request(person=person), purpose=EVIL, reference=EVIL, justification=f"the vehicle was seen there {EVIL}"
    )
    station = Station([replace(record, read=evil_read), plain.records.kept[1]])
    leave = station.authorisation
    assert leave is not None
    station.authorisation = replace(
        leave, decided_by=PersonId(f"x{EVIL}"), requested_by=person.person_id, reference=EVIL, justification=EVIL
    )
    exporter = Exporter(
        gate=station.gate,
        records=station.records,
        audit=station.audit,
        authorisation=lambda _: station.authorisation,
        key=KEY,
        clock=station.clock,
        cameras=lambda camera, at: {EVIL: EVIL},
    )
    made = exporter.export(asked, tmp_path / "evil", recipient=EVIL, label=EVIL)
    assert not isinstance(made, Refusal)
    good, evil = (Page((tmp_path / one / STATEMENT).read_text()) for one in ("plain", "evil"))
    assert set(evil.tags) == set(good.tags)
    assert evil.tags.count("img") == good.tags.count("img")
    assert [one for one in evil.attributes if EVIL in one[1] or one[0].startswith("on")] == []
    assert "".join(evil.texts).count("{{ 7 * 7 }}") >= 15


def test_the_page_loads_and_runs_nothing(station: Station, tmp_path: Path) -> None:
    station.export(tmp_path / "package")
    page = Page((tmp_path / "package" / STATEMENT).read_text())
    assert not {"script", "iframe", "object", "link", "form", "a", "base"} & set(page.tags)
    assert {value[:23] for name, value in page.attributes if name in ("src", "href")} == {"data:image/jpeg;base64,"}
    assert ("content", "default-src 'none'; img-src data:; style-src 'unsafe-inline'") in page.attributes


def test_characters_that_turn_or_hide_writing_are_spelt_out(tmp_path: Path) -> None:
    hidden = a_record(1, vrm=Vrm(MARK), captured_at=NOW.replace(day=20), camera_id=CameraId("gate\u202eetag\u200b"))
    Station([hidden]).export(tmp_path / "package")
    page = (tmp_path / "package" / STATEMENT).read_text()
    assert "gate[U+202E]etag[U+200B]" in page
