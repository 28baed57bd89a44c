"""Tokens: what a forger, a thief and a careless provider would try."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipeline.access.identity.issuer import AUDIENCE, ISSUER, KEY_SET, LocalIssuer
from pipeline.access.identity.keysets import CachedKeys, address_keys, file_keys
from pipeline.access.identity.tokens import TokenReader
from pipeline.domain.access import PersonId
from pipeline.errors import AccessDenied, BadInput, Unavailable
from tests.unit.access.stand import ManualClock

PERSON = PersonId("p1")
HOUR = timedelta(hours=1)


class Stand:
    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, ManualClock()
        self.issuer = LocalIssuer(folder, clock=self.clock)
        self.keys = CachedKeys(file_keys(folder / KEY_SET), clock=self.clock)
        self.reader = self.read_with()

    def read_with(self, **changes: Any) -> TokenReader:
        given: Any = {"issuer": ISSUER, "audience": AUDIENCE, "clock": self.clock} | changes
        return TokenReader(self.keys, **given)

    def key(self) -> dict[str, Any]:
        [key] = json.loads((self.folder / KEY_SET).read_text())["keys"]
        return dict(key)

    def forged(self, key: Any, algorithm: str, **claims: Any) -> str:
        told = {"iss": ISSUER, "aud": AUDIENCE, "sub": PERSON, "iat": self.clock.at, "exp": self.clock.at + HOUR}
        return jwt.encode(told | claims, key, algorithm=algorithm, headers={"kid": self.key()["kid"]})


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return Stand(tmp_path)


def test_a_token_tells_whose_it_is(stand: Stand) -> None:
    assert stand.reader.person_id(stand.issuer.token(PERSON, HOUR)) == PERSON


def test_another_process_with_the_same_folder_issues_good_tokens(stand: Stand) -> None:
    assert stand.reader.person_id(LocalIssuer(stand.folder, clock=stand.clock).token(PERSON, HOUR)) == PERSON
    assert (stand.folder / "token-key.pem").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("seconds", [-60.0, 3611.0, 1e7])
def test_outside_its_time_it_does_not_count(stand: Stand, seconds: float) -> None:
    token = stand.issuer.token(PERSON, HOUR)
    stand.clock.at += timedelta(seconds=seconds)
    with pytest.raises(AccessDenied):
        stand.reader.person_id(token)


def test_one_that_is_meant_to_last_for_ever_does_not_count(stand: Stand) -> None:
    with pytest.raises(AccessDenied):
        stand.reader.person_id(stand.issuer.token(PERSON, timedelta(days=365)))


def test_one_for_somebody_elses_ears_does_not_count(stand: Stand) -> None:
    token = stand.issuer.token(PERSON, HOUR)
    for reader in (stand.read_with(audience="payroll"), stand.read_with(issuer="elsewhere")):
        with pytest.raises(AccessDenied):
            reader.person_id(token)


def test_every_character_that_is_changed_spoils_it(stand: Stand) -> None:
    token = stand.issuer.token(PERSON, HOUR)
    for place in range(len(token) - 2):
        other = "A" if token[place] != "A" else "B"
        with pytest.raises(AccessDenied):
            stand.reader.person_id(token[:place] + other + token[place + 1 :])


def test_forged_ones_do_not_count(stand: Stand) -> None:
    public = stand.key()["x"]
    for forged in (
        stand.forged(Ed25519PrivateKey.generate(), "EdDSA"),
        stand.forged(None, "none"),
        # the public key as the secret of a symmetric algorithm: the classic confusion
        stand.forged(public.ljust(64, "="), "HS256"),
        stand.forged(ec.generate_private_key(ec.SECP256R1()), "ES256"),
        stand.forged(rsa.generate_private_key(65537, 2048), "RS256"),
        "", "a.b.c", "..", "é", stand.issuer.token(PERSON, HOUR).rsplit(".", 1)[0] + ".",
    ):  # fmt: skip
        with pytest.raises(AccessDenied):
            stand.reader.person_id(forged)


@pytest.mark.parametrize("missing", ["exp", "iat", "iss", "aud", "sub"])
def test_one_without_a_claim_does_not_count(stand: Stand, missing: str) -> None:
    claims = jwt.decode(stand.issuer.token(PERSON, HOUR), options={"verify_signature": False})
    del claims[missing]
    token = jwt.encode(claims, stand.issuer._key, algorithm="EdDSA", headers={"kid": stand.key()["kid"]})
    with pytest.raises(AccessDenied):
        stand.reader.person_id(token)


def test_a_stolen_token_is_worth_nothing_without_the_certificate_it_is_bound_to(stand: Stand) -> None:
    bound = stand.issuer.token(PERSON, HOUR, certificate_digest="mine")
    assert stand.reader.person_id(bound, "mine") == PERSON
    for digest in ("another", None):
        with pytest.raises(AccessDenied):
            stand.reader.person_id(bound, digest)
    strict = stand.read_with(require_bound=True)
    assert strict.person_id(bound, "mine") == PERSON
    for token, digest in ((stand.issuer.token(PERSON, HOUR), "mine"), (bound, None)):
        with pytest.raises(AccessDenied):
            strict.person_id(token, digest)


class Provider:
    """An identity provider of which the test says what it answers."""

    def __init__(self, content: bytes) -> None:
        self.content, self.status, self.asked = content, 200, 0
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked += 1
                self.send_response(provider.status)
                self.end_headers()
                self.wfile.write(provider.content)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/keys"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def provider(stand: Stand) -> Iterator[Provider]:
    provider = Provider((stand.folder / KEY_SET).read_bytes())
    yield provider
    provider.close()


def test_a_providers_keys_are_asked_for_once_and_again_when_old(stand: Stand, provider: Provider) -> None:
    stand.keys = CachedKeys(address_keys(provider.url), clock=stand.clock)
    reader = stand.read_with()
    for _ in range(5):
        reader.person_id(stand.issuer.token(PERSON, HOUR))
    assert provider.asked == 1
    stand.clock.pass_(301)
    reader.person_id(stand.issuer.token(PERSON, HOUR))
    assert provider.asked == 2


def test_a_rotated_key_is_found_at_once_and_the_old_one_ends(stand: Stand, provider: Provider, tmp_path: Path) -> None:
    stand.keys = CachedKeys(address_keys(provider.url), clock=stand.clock)
    reader = stand.read_with()
    old = stand.issuer.token(PERSON, HOUR)
    reader.person_id(old)
    (tmp_path / "new").mkdir()
    rotated = LocalIssuer(tmp_path / "new", clock=stand.clock)
    provider.content = (tmp_path / "new" / KEY_SET).read_bytes()
    stand.clock.pass_(11)
    assert reader.person_id(rotated.token(PERSON, HOUR)) == PERSON
    with pytest.raises(AccessDenied):
        reader.person_id(old)


def test_unknown_keys_do_not_make_a_flood_of_questions(stand: Stand, provider: Provider, tmp_path: Path) -> None:
    stand.keys = CachedKeys(address_keys(provider.url), clock=stand.clock)
    (tmp_path / "other").mkdir()
    stranger = LocalIssuer(tmp_path / "other", clock=stand.clock).token(PERSON, HOUR)
    for _ in range(20):
        with pytest.raises(AccessDenied):
            stand.read_with().person_id(stranger)
    assert provider.asked == 1


def test_while_the_provider_is_away_the_last_keys_count_for_a_day(stand: Stand, provider: Provider) -> None:
    stand.keys = CachedKeys(address_keys(provider.url), clock=stand.clock)
    reader = stand.read_with()
    reader.person_id(stand.issuer.token(PERSON, HOUR))
    provider.status = 500
    stand.clock.pass_(23 * 3600)
    assert reader.person_id(stand.issuer.token(PERSON, HOUR)) == PERSON
    stand.clock.pass_(2 * 3600)
    with pytest.raises(Unavailable):
        reader.person_id(stand.issuer.token(PERSON, HOUR))


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"keys": 1}', b'{"keys": [{"kty": "oct"}]}', b"\xff"])
def test_what_is_no_key_set_lets_nobody_in(stand: Stand, provider: Provider, content: bytes) -> None:
    provider.content = content
    stand.keys = CachedKeys(address_keys(provider.url), clock=stand.clock)
    with pytest.raises((BadInput, AccessDenied)):
        stand.read_with().person_id(stand.issuer.token(PERSON, HOUR))


def test_keys_are_not_fetched_in_the_clear_from_elsewhere() -> None:
    for url in ("http://idp.example/keys", "ftp://127.0.0.1/keys", "file:///etc/keys"):
        with pytest.raises(BadInput):
            address_keys(url)


def test_tokens_that_do_not_count_fill_no_log(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    old = stand.issuer.token(PERSON, HOUR)
    stand.clock.pass_(2 * 3600)

    def refused(token: str, times: int = 1) -> None:
        for _ in range(times):
            with pytest.raises(AccessDenied):
                stand.reader.person_id(token)

    refused(old, 500)
    refused("no token")
    stand.clock.pass_(10)
    refused(old)
    late = "a token was refused: outside its time"
    assert caplog.messages == [late] * 30 + ["a token was refused: DecodeError", f"{late}, 471 times"]
