"""Webhooks over real HTTP: signed, at least once, in order; what is given up lies in the dead-letter folder."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from actors.delivering import DeliveryThread
from pipeline.alert.post import Post
from pipeline.alert.settings import WebhookSettings
from pipeline.alert.webhook import Webhook
from pipeline.clock import SystemClock
from pipeline.domain.alert import AlertState
from pipeline.errors import BadInput, SettingsError, Unavailable
from tests.support.alerts import CONTROL_ROOM, Office, an_alerted_hit
from tests.support.counted import counted
from tests.support.durable import fill, small_disk
from tests.support.hook_server import DIE, HALF, HANG, REDIRECT, Called, HookServer, hook_server

SECRET = b"made-up-secret-of-the-tests"
Calling = Callable[[bytes, Mapping[str, str]], int]


def an_office(folder: Path, *urls: str, hits: int = 0, **settings: Any) -> Office:
    secret = folder / "secret"
    secret.write_bytes(SECRET + b"\n")
    hooks = {
        f"hook-{at}": WebhookSettings(url=url, recipients=[CONTROL_ROOM], key_id="2026-01", secret_file=str(secret))
        for at, url in enumerate(urls)
    }
    return Office(
        folder,
        [an_alerted_hit(number) for number in range(hits)],
        webhooks=hooks,
        **{"webhook_attempts": 3, "webhook_timeout_seconds": 20.0} | settings,
    )


def a_webhook(office: Office, folder: Path, *, number: int = 0, post: Calling | None = None) -> Webhook:
    name = f"hook-{number}"
    return Webhook(
        name,
        office.book,
        settings=office.settings,
        post=post or Post(name, office.settings.webhooks[name], office.settings.webhook_timeout_seconds),
        dead_letters=folder / "dead-letters",
        clock=office.clock,
        chance=random.Random(1),
    )


def delivered(office: Office, webhook: Webhook, seconds: float = 300) -> None:
    """Step until nothing is due for so long."""
    for _ in range(int(seconds / 5)):
        webhook.step(office.clock.monotonic())
        office.clock.advance(5)


def cursors(calls: list[Called]) -> list[int]:
    return [int(json.loads(call.body)["cursor"]) for call in calls]


def letters(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted((folder / "dead-letters").rglob("*.json"))]


def is_signed(call: Called) -> bool:
    """As a receiver would check it who knows nothing but the published scheme."""
    headers = call.headers
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + call.body
    wanted = "v1," + base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
    return hmac.compare_digest(wanted, headers["webhook-signature"])


def test_an_event_is_posted_once_signed_with_time_and_key(tmp_path: Path) -> None:
    with hook_server() as server:
        office = an_office(tmp_path, server.url, hits=2)
        webhook = a_webhook(office, tmp_path)
        office.run()
        delivered(office, webhook)
        calls = server.calls()
    assert cursors(calls) == [1, 2]
    assert all(is_signed(call) for call in calls)
    assert calls[0].headers["anpr-key-id"] == "2026-01"
    assert int(calls[0].headers["webhook-timestamp"]) == pytest.approx(office.clock.now().timestamp(), abs=600)
    assert calls[0].headers["webhook-id"] != calls[1].headers["webhook-id"]
    assert json.loads(calls[0].body)["alert"]["hit"]["voi"]["reason"] == "stolen"


@pytest.mark.parametrize("trouble", [500, 503, 404, HANG, DIE, HALF, REDIRECT])
def test_whatever_goes_wrong_the_event_comes_again_and_the_next_after_it(tmp_path: Path, trouble: int | str) -> None:
    timed = counted("anpr_alert_delivery_seconds_count", webhook="hook-0")
    with hook_server([trouble, trouble]) as server:
        # whoever hangs is waited for as long as may be; a busy machine needs some time to answer at all
        office = an_office(tmp_path, server.url, hits=2, webhook_timeout_seconds=2.0 if trouble == HANG else 20.0)
        webhook = a_webhook(office, tmp_path)
        office.run()
        delivered(office, webhook)
        calls = server.calls()
    assert cursors(calls) == [1, 1, 1, 2]
    assert counted("anpr_alert_delivery_seconds_count", webhook="hook-0") - timed == 4
    assert len({call.headers["webhook-id"] for call in calls[:3]}) == 1
    assert not letters(tmp_path)


@pytest.mark.parametrize("trouble", [500, DIE])
def test_after_the_limit_an_event_becomes_a_dead_letter_and_the_next_is_delivered(
    tmp_path: Path, trouble: int | str
) -> None:
    with hook_server([trouble] * 3) as server:
        office = an_office(tmp_path, server.url, hits=2)
        webhook = a_webhook(office, tmp_path)
        office.run()
        delivered(office, webhook)
        assert cursors(server.calls()) == [1, 1, 1, 2]
    (letter,) = letters(tmp_path)
    assert (letter["attempts"], letter["event"]["cursor"]) == (3, "1")
    assert letter["failure"]
    assert "127.0.0.1" not in letter["failure"]


def test_a_target_that_nobody_listens_at_costs_no_event(tmp_path: Path) -> None:
    with hook_server() as server:
        gone = server.url
    office = an_office(tmp_path, gone, hits=1)
    webhook = a_webhook(office, tmp_path)
    office.run()
    delivered(office, webhook)
    assert len(letters(tmp_path)) == 1


def test_pauses_double_and_are_never_quite_the_same(tmp_path: Path) -> None:
    attempts: list[float] = []
    office = an_office(tmp_path, "https://example.org", hits=1, webhook_attempts=6, webhook_first_pause_seconds=1.0)

    def refuse(body: bytes, headers: Mapping[str, str]) -> int:
        attempts.append(office.clock.monotonic())
        return 500

    webhook = a_webhook(office, tmp_path, post=refuse)
    office.run()
    for _ in range(4000):
        webhook.step(office.clock.monotonic())
        office.clock.advance(0.01)
    pauses = [later - before for before, later in pairwise(attempts)]
    assert len(pauses) == 5
    for at, pause in enumerate(pauses):
        assert 0.5 * 2**at <= pause <= 2**at + 0.02
    assert len({round(pause / 2**at, 2) for at, pause in enumerate(pauses)}) > 1


def test_a_restart_goes_on_after_the_last_event_accepted(tmp_path: Path) -> None:
    with hook_server([200, 500]) as server:
        office = an_office(tmp_path, server.url, hits=3)
        webhook = a_webhook(office, tmp_path)
        office.run()
        webhook.step(office.clock.monotonic())
        delivered(office, a_webhook(office, tmp_path))
        assert cursors(server.calls()) == [1, 2, 2, 3]


def test_a_new_target_begins_now_and_is_told_of_what_people_do_only_if_it_asks(tmp_path: Path) -> None:
    told: list[str] = []

    def accept(body: bytes, headers: Mapping[str, str]) -> int:
        told.append(json.loads(body)["kind"])
        return 204

    office = an_office(tmp_path, "https://example.org", hits=1)
    office.run()
    webhook = a_webhook(office, tmp_path, post=accept)
    office.log.hits += [an_alerted_hit(9), an_alerted_hit(10, seconds=9 * 3600 + 1)]
    office.run()
    (_, alert), *_ = office.book.alerts((CONTROL_ROOM,))
    office.desk.advance(alert.alert_id, ["control-room"], state=AlertState.SEEN, person="PC 1")
    delivered(office, webhook)
    assert told == ["ALERT_EVENT_KIND_RAISED"]


def test_a_secret_that_is_away_holds_events_back_without_giving_any_up(tmp_path: Path) -> None:
    with hook_server() as server:
        office = an_office(tmp_path, server.url, hits=1)
        webhook = a_webhook(office, tmp_path)
        office.run()
        (tmp_path / "secret").unlink()
        for _ in range(10):
            office.clock.advance(60)
            with pytest.raises(Unavailable, match="secret"):
                webhook.step(office.clock.monotonic())
        (tmp_path / "secret").write_bytes(b"short")
        with pytest.raises(BadInput, match="shorter"):
            webhook.step(office.clock.monotonic())
        (tmp_path / "secret").write_bytes(b"whsec_" + base64.b64encode(SECRET))
        delivered(office, webhook)
        (call,) = server.calls()
    assert is_signed(call)


def test_a_dead_letter_that_cannot_be_written_is_not_lost(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1) as disk, hook_server([500] * 4) as server:
        office = an_office(tmp_path, server.url, hits=1)
        webhook = a_webhook(office, disk)
        office.run()
        filler = fill(disk, leaving=0)
        with pytest.raises(Unavailable, match="dead letter"):
            delivered(office, webhook)
        filler.unlink()
        office.clock.advance(300)
        delivered(office, webhook)
        assert [letter["event"]["cursor"] for letter in letters(disk)] == ["1"]


def test_a_target_that_hangs_keeps_no_other_waiting(tmp_path: Path) -> None:
    with hook_server([HANG] * 8) as hanging, hook_server() as good:
        office = an_office(tmp_path, hanging.url, good.url, hits=5, webhook_timeout_seconds=20.0)
        clock = SystemClock()
        deliveries = [DeliveryThread(a_webhook(office, tmp_path, number=number), clock) for number in (0, 1)]
        office.run()
        for delivery in deliveries:
            delivery.start()
        served: HookServer = good
        assert [cursors([served.called.get(timeout=15)]) for _ in range(5)] == [[1], [2], [3], [4], [5]]
        hanging.let_go.set()
        for delivery in deliveries:
            delivery.stop()


def test_certificates_that_cannot_be_read_are_a_fault_of_the_settings(tmp_path: Path) -> None:
    target = WebhookSettings(
        url="https://example.org",
        recipients=[CONTROL_ROOM],
        key_id="k",
        secret_file="s",
        ca_file=str(tmp_path / "none.pem"),
    )
    with pytest.raises(SettingsError, match="ca_file"):
        Post("hook", target, 1.0)
