"""Alerts go with the reads they were raised of: out of the book, with their pictures and their dead letters."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pipeline.alert.expiry import AlertExpiry
from pipeline.alert.webhook import Webhook
from pipeline.domain.read import ReadId, digest_of
from tests.support.alerts import CONTROL_ROOM, KeptRecords, Office, an_alerted_hit
from tests.support.builders import AT, a_record
from tests.unit.alert.test_webhook import a_webhook, an_office, delivered, letters


def test_what_is_past_the_limit_leaves_no_alert_picture_or_dead_letter(tmp_path: Path) -> None:
    office = an_office(tmp_path, "https://example.org", hits=3)
    webhook: Webhook = a_webhook(office, tmp_path, post=lambda body, headers: 500)
    office.run()
    delivered(office, webhook)
    assert len(letters(tmp_path)) == 3
    gone = AlertExpiry(office.book, office.pictures, tmp_path / "dead-letters").expire(AT + timedelta(hours=1))
    assert gone == {"alerts": 1, "alert pictures": 0, "dead letters": 1}
    assert len(letters(tmp_path)) == len(office.book.alerts((CONTROL_ROOM,))) == 2


def test_pictures_go_with_their_alert(tmp_path: Path) -> None:
    patch = b"another picture"
    records = [a_record(read_id=ReadId(f"{number:032x}"), patch=patch * (number + 1)) for number in range(2)]
    hits = [an_alerted_hit(number, of_read={"patch_digest": digest_of(patch * (number + 1))}) for number in range(2)]
    office = Office(tmp_path, hits, records=[KeptRecords(records)])
    office.run()
    AlertExpiry(office.book, office.pictures, tmp_path / "none").expire(AT + timedelta(minutes=30))
    left = {path.stem for path in (tmp_path / "alerts" / "pictures").rglob("*.jpg")}
    assert hits[0].read.patch_digest not in left
    assert hits[1].read.patch_digest in left
