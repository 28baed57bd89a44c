"""An authority for a laptop: certificates to try out and to test the services with, never to run a force with.

Promise: keys are P-256, in files that their owner alone can read; nothing that exists is ever replaced but the list of
revoked certificates, which grows. The authority is made with the first certificate and signs later ones too.
On failure: BadInput for a file that is already there or a name that is none, Unavailable for a disk that cannot be
written or an authority that cannot be read.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pipeline.access.texts import name
from pipeline.errors import BadInput, Unavailable

AUTHORITY, REVOKED = "authority", "revoked"
DAYS = 90
_KEYS = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A certificate and its key, as PEM."""

    certificate: bytes
    key: bytes


class Authority:
    """The authority in `folder`, made there unless it exists."""

    def __init__(self, folder: Path, *, now: datetime, days: int = DAYS) -> None:
        self._folder = folder
        self._now, self._days = now, days
        if not self.file().exists():
            key = ec.generate_private_key(ec.SECP256R1())
            subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "anpr-ray, for one machine only")])
            built = self._begun(subject, key.public_key()).issuer_name(subject)
            built = built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            self._write(AUTHORITY, _issued(built.sign(key, hashes.SHA256()), key))
        try:
            self._certificate = x509.load_pem_x509_certificate(self.file().read_bytes())
            made = serialization.load_pem_private_key(self.file(key=True).read_bytes(), password=None)
        except (OSError, ValueError, TypeError) as error:
            raise Unavailable(f"{folder}: the authority cannot be read; remove the folder to make another") from error
        if not isinstance(made, ec.EllipticCurvePrivateKey):
            raise Unavailable(f"{folder}: the authority's key is not one that was made here")
        self._key = made

    def file(self, of: str = AUTHORITY, *, key: bool = False) -> Path:
        """Return where the certificate, or the key, of `of` is."""
        return self._folder / f"{of}{'.key' if key else ''}.pem"

    def write(self, of: str, names: Sequence[str]) -> None:
        """Make a certificate that bears `names` and put it with its key into files called after `of`."""
        self._write(of, self.issue(names))

    def issue(self, names: Sequence[str], *, begins: datetime | None = None, days: int | None = None) -> Issued:
        """Return a certificate for `names` (DNS names, addresses, URIs), good for servers and clients."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
        built = self._begun(subject, key.public_key(), begins=begins, days=days).issuer_name(self._certificate.subject)
        built = built.add_extension(x509.SubjectAlternativeName([_general(one) for one in names]), critical=False)
        built = built.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        built = built.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        return _issued(built.sign(self._key, hashes.SHA256()), key)

    def revoke(self, certificates: Sequence[bytes] = ()) -> None:
        """Put `certificates` (PEM) on the list of revoked ones; the list is made with the first call."""
        path = self.file(REVOKED)
        built = x509.CertificateRevocationListBuilder().issuer_name(self._certificate.subject)
        built = built.last_update(self._now).next_update(self._now + timedelta(days=self._days))
        try:
            former = x509.load_pem_x509_crl(path.read_bytes()) if path.exists() else ()
            shown = [x509.load_pem_x509_certificate(one) for one in certificates]
            serials = {one.serial_number for one in former} | {one.serial_number for one in shown}
            for serial in sorted(serials):
                one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(self._now)
                built = built.add_revoked_certificate(one.build())
            fresh = path.with_suffix(".new")
            fresh.write_bytes(built.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
            fresh.replace(path)
        except (OSError, ValueError) as error:
            raise Unavailable(f"{path}: the list of revoked certificates cannot be renewed: {error}") from error

    def _begun(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        *,
        begins: datetime | None = None,
        days: int | None = None,
    ) -> x509.CertificateBuilder:
        # a clock that is a little behind must not make a fresh certificate useless
        begins = begins or self._now - timedelta(minutes=5)
        built = x509.CertificateBuilder().subject_name(subject).public_key(key)
        built = built.serial_number(x509.random_serial_number()).not_valid_before(begins)
        return built.not_valid_after(begins + timedelta(days=self._days if days is None else days))

    def _write(self, of: str, issued: Issued) -> None:
        _create(self.file(of, key=True), issued.key, 0o600)
        _create(self.file(of), issued.certificate, 0o644)


def _issued(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Issued:
    return Issued(certificate=certificate.public_bytes(serialization.Encoding.PEM), key=key.private_bytes(*_KEYS))


def _general(one: str) -> x509.GeneralName:
    name(one, "a name in a certificate")
    if "://" in one or one.startswith("urn:"):
        return x509.UniformResourceIdentifier(one)
    try:
        return x509.IPAddress(ipaddress.ip_address(one))
    except ValueError:
        return x509.DNSName(one)


def _create(path: Path, content: bytes, mode: int) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except FileExistsError:
        raise BadInput(f"{path}: is already there and is not replaced; choose another folder or remove it") from None
    except OSError as error:
        raise Unavailable(f"{path}: cannot be written: {error.strerror}") from error
