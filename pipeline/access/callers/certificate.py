"""What a caller's certificate says: whose it is, until when, who issued it, and its digest, to which tokens are bound.

That an authority we trust signed it, the TLS handshake has established. Names are subject alternative names (DNS and
URI): a common name is free text and names nobody.
On failure: Unidentified for what is no certificate.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from pipeline.errors import Unidentified


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerCertificate:
    """`digest` is the base64url SHA-256 of the certificate (RFC 8705); `issuer` (DER) and `serial` tell it apart."""

    names: frozenset[str]
    digest: str
    not_after: datetime
    issuer: bytes
    serial: int


@lru_cache(maxsize=1024)
def certificate_of(pem: bytes) -> PeerCertificate:
    """Return what the certificate in `pem` says. The same few callers come again and again, so answers are kept."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names = extension.value.get_values_for_type(x509.DNSName)
        names += extension.value.get_values_for_type(x509.UniformResourceIdentifier)
    except x509.ExtensionNotFound:
        names = []
    except ValueError as error:
        raise Unidentified("what the connection was opened with is no certificate") from error
    return PeerCertificate(
        names=frozenset(names),
        digest=digest_of_certificate(certificate),
        not_after=certificate.not_valid_after_utc,
        issuer=certificate.issuer.public_bytes(),
        serial=certificate.serial_number,
    )


def digest_of_certificate(certificate: x509.Certificate) -> str:
    """Return the digest by which a token is bound to `certificate`."""
    return base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).decode().rstrip("=")
