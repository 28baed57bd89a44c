"""Tokens over the wire: only the one that was signed for this person, this audience, now and over this connection."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipeline.access.callers.certificate import digest_of_certificate
from pipeline.access.identity.issuer import AUDIENCE, ISSUER, KEY_SET
from pipeline.access.keyfiles import private_key
from tests.support.access import ANALYST, NOW, House, house_in, write_lake
from tests.support.alert_service import code_of
from tests.support.certified import KENT, Certified
from tests.support.people_services import Standing, ages, asked, standing, stubs_over

HOUR = timedelta(hours=1)
CLAIMS: dict[str, Any] = {"iss": ISSUER, "aud": AUDIENCE, "sub": ANALYST.person_id, "iat": NOW, "exp": NOW + HOUR}


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Certified:
    return Certified(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory, certified: Certified) -> Iterator[Standing]:
    folder = tmp_path_factory.mktemp("house")
    write_lake(folder)
    with house_in(folder) as house, standing(house, certified.settings()) as services:
        yield services


def own_key(house: House) -> Ed25519PrivateKey:
    return private_key(Path(house.settings.folder) / "access" / "token-key.pem", make=False)


def key_id(house: House) -> str:
    keys = json.loads((Path(house.settings.folder) / "access" / KEY_SET).read_text(encoding="utf-8"))
    return str(keys["keys"][0]["kid"])


def signed(house: House, *, key: Ed25519PrivateKey | None = None, **changes: Any) -> str:
    """A token signed by the machine's own key, or by `key` in its name, with some claims changed."""
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
    return jwt.encode(claims, key or own_key(house), algorithm="EdDSA", headers={"kid": key_id(house)})


def unsigned(house: House, algorithm: str, signature: bytes = b"") -> str:
    header = {"alg": algorithm, "kid": key_id(house), "typ": "JWT"}
    claims = CLAIMS | {"iat": int(NOW.timestamp()), "exp": int((NOW + HOUR).timestamp())}
    parts = [json.dumps(one).encode() for one in (header, claims)] + [signature]
    return ".".join(base64.urlsafe_b64encode(one).decode().rstrip("=") for one in parts)


def confused(house: House) -> str:
    """Signed with the public key as if it were a shared secret."""
    public = own_key(house).public_key()
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return jwt.encode(CLAIMS, raw, algorithm="HS256", headers={"kid": key_id(house)})


def of_another(house: House) -> str:
    """A good token in which the person was exchanged, its signature left."""
    head, _, signature = signed(house).split(".")
    claims = CLAIMS | {"sub": "keeper", "iat": int(NOW.timestamp()), "exp": int((NOW + HOUR).timestamp())}
    return f"{head}.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.{signature}"


FORGED = {
    "good": signed,
    "another key in its name": lambda house: signed(house, key=Ed25519PrivateKey.generate()),
    "another person put in": of_another,
    "no algorithm": lambda house: unsigned(house, "none"),
    "no signature": lambda house: unsigned(house, "EdDSA"),
    "public key as secret": confused,
    "expired": lambda house: signed(house, iat=NOW - 2 * HOUR, exp=NOW - HOUR),
    "not yet valid": lambda house: signed(house, iat=NOW + HOUR, exp=NOW + 2 * HOUR),
    "valid for ever": lambda house: signed(house, exp=NOW + 9999 * HOUR),
    "without an end": lambda house: signed(house, exp=None),
    "for another service": lambda house: signed(house, aud="payroll"),
    "of another issuer": lambda house: signed(house, iss="https://issuer.example"),
    "of a stranger": lambda house: signed(house, sub="stranger"),
}


@pytest.mark.parametrize("flaw", sorted(FORGED))
def test_only_a_good_token_opens_the_record(services: Standing, certified: Certified, flaw: str) -> None:
    with certified.channel(services.port, token=FORGED[flaw](services.house)) as channel:
        call = stubs_over(channel).search.Search.future(asked())
        call.exception()
        if flaw == "good":
            assert call.code() is grpc.StatusCode.OK
        elif flaw == "of a stranger":
            assert call.code() is grpc.StatusCode.PERMISSION_DENIED
        else:
            assert call.code() is grpc.StatusCode.UNAUTHENTICATED
            assert call.details() == "the token does not show who is asking: sign in again"


def test_a_bound_token_is_worth_nothing_over_another_certificate(services: Standing, certified: Certified) -> None:
    assert services.house.desk.issuer is not None
    own, other = certified.authority().issue([KENT]), certified.authority().issue([KENT])
    digest = digest_of_certificate(x509.load_pem_x509_certificate(own.certificate))
    token = services.house.desk.issuer.token(ANALYST.person_id, HOUR, digest)
    with certified.channel(services.port, own, token) as channel:
        assert ages([stubs_over(channel).search.Search(asked())]) == [89, 1]
    with certified.channel(services.port, other, token) as channel:
        replayed = stubs_over(channel).search
        assert code_of(lambda: replayed.Search(asked())) is grpc.StatusCode.UNAUTHENTICATED


def test_where_tokens_must_be_bound_an_unbound_one_does_not_count(tmp_path: Path, certified: Certified) -> None:
    with house_in(tmp_path) as house:
        identity = replace(house.settings.access.identity, require_bound=True)
        house.settings = replace(house.settings, access=replace(house.settings.access, identity=identity))
        bound_only = standing(house, certified.settings())
        with bound_only as services, certified.channel(services.port, token=signed(house)) as channel:
            unbound = stubs_over(channel).search
            assert code_of(lambda: unbound.Search(asked())) is grpc.StatusCode.UNAUTHENTICATED
