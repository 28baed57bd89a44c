"""Signatures checked in plain Python: as the RFC's examples say, and as the library does."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.access.evidence.ed25519 import _L, ed25519_verified
from pipeline.access.evidence.sealing import verified

# RFC 8032, section 7.1: public key, message, signature
RFC = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").hexdigest(),
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
        "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), RFC)
def test_the_examples_of_the_rfc_are_good(key: str, message: str, signature: str) -> None:
    told = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)
    assert ed25519_verified(*told)
    assert verified(*told)
    assert not ed25519_verified(told[0], told[1] + b"x", told[2])


def test_any_bit_of_a_signature_and_of_a_key_counts() -> None:
    key, message, signature = (bytes.fromhex(one) for one in RFC[1])
    for bit in range(0, 512, 5):
        assert not ed25519_verified(key, message, flipped(signature, bit))
    for bit in range(0, 256, 5):
        assert not ed25519_verified(flipped(key, bit), message, signature)


def test_a_signature_has_one_spelling() -> None:
    key, message, signature = (bytes.fromhex(one) for one in RFC[0])
    s = int.from_bytes(signature[32:], "little") + _L
    again = signature[:32] + s.to_bytes(32, "little")
    assert not ed25519_verified(key, message, again)
    assert not verified(key, message, again)


def test_what_is_no_key_or_signature_is_false() -> None:
    key, message, signature = (bytes.fromhex(one) for one in RFC[0])
    above = (2**255 - 19 + 1).to_bytes(32, "little")
    for no_key in (b"", key[:31], key + b"\0", b"\xff" * 32, above):
        assert not ed25519_verified(no_key, message, signature)
    for no_signature in (b"", signature[:63], signature + b"\0"):
        assert not ed25519_verified(key, message, no_signature)


@settings(max_examples=60, deadline=None)
@given(secret=st.binary(min_size=32, max_size=32), message=st.binary(max_size=200), bit=st.integers(0, 511))
def test_it_says_what_the_library_says(secret: bytes, message: bytes, bit: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(secret)
    key, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert ed25519_verified(key, message, signature)
    for wrong in (flipped(signature, bit), signature[32:] + signature[:32], bytes(64)):
        assert ed25519_verified(key, message, wrong) == verified(key, message, wrong) == False  # noqa: E712
    other = flipped(key, bit % 256)
    assert ed25519_verified(other, message, signature) == verified(other, message, signature)


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
