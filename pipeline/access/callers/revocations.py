"""Certificates that no longer count though they have not ended: lists of revoked ones (X.509 CRLs, RFC 5280).

Promise: a list counts only if one of the authorities of clients signed it, and from the next call on after its file was
replaced, also on connections that are open: each call asks whether the files are those that were read. A file that
cannot be used changes nothing: the last good lists stay in use, and the log says so once. A list that is overdue counts
on, because nobody is the safer for its not counting; an alert tells of it (`anpr_revocations_due_seconds`).
On failure: SettingsError when there is nothing good to begin with.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509

from pipeline.access.callers.certificate import PeerCertificate
from pipeline.errors import SettingsError

log = logging.getLogger(__name__)
_ONE = re.compile(rb"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----", re.DOTALL)
State = tuple[tuple[int, int, int], ...]


class Revocations:
    """The lists in `file` (PEM, one after the other), each signed by an authority in `authorities_file`."""

    def __init__(self, file: Path, authorities_file: Path) -> None:
        self._files = (file, authorities_file)
        self._one_at_a_time = threading.Lock()
        self._seen = self._state()
        self._revoked = self._read()

    def is_read(self) -> bool:
        """Tell whether the files are those that were read last, so that `names` has none to read. Their names are asked
        for, which the kernel knows without the disk, and not their content."""
        return self._state() == self._seen

    def names(self, certificate: PeerCertificate) -> bool:
        """Tell whether `certificate` was revoked."""
        if not self.is_read():
            with self._one_at_a_time:
                self._read_again()
        return (certificate.issuer, certificate.serial) in self._revoked

    def _read_again(self) -> None:
        if (state := self._state()) == self._seen:
            # another caller has read it meanwhile
            return
        try:
            self._revoked = self._read()
        except SettingsError as error:
            log.error("the list of revoked certificates cannot be used; the last good one stays: %s", error)
        else:
            log.info("the list of revoked certificates was replaced")
        # only now: whoever asks meanwhile waits for the new list, and is told to do that in a thread
        self._seen = state

    def _state(self) -> State:
        found = []
        for file in self._files:
            try:
                told = file.stat()
            except OSError:
                # while it is replaced, or for good; reading it says so
                found.append((0, 0, 0))
            else:
                found.append((told.st_ino, told.st_mtime_ns, told.st_size))
        return tuple(found)

    def _read(self) -> frozenset[tuple[bytes, int]]:
        try:
            content, authorities = (file.read_bytes() for file in self._files)
            signers = x509.load_pem_x509_certificates(authorities)
            lists = lists_in(content)
        except OSError as error:
            raise SettingsError([f"[services] {error.filename}: cannot be read: {error.strerror}"]) from error
        except ValueError as error:
            raise SettingsError([f"[services] revocations_file: {error}"]) from error
        for one in lists:
            _require_signed(one, signers)
        return frozenset((one.issuer.public_bytes(), revoked.serial_number) for one in lists for revoked in one)


def lists_in(content: bytes) -> list[x509.CertificateRevocationList]:
    """Return the lists in a PEM file. Raises ValueError when there is none, or one that cannot be read whole."""
    try:
        lists = [x509.load_pem_x509_crl(one) for one in _ONE.findall(content)]
        extensions = [extension for one in lists for extension in one.extensions]
    except (x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise ValueError("holds a list that RFC 5280 does not know") from error
    if not lists:
        raise ValueError("holds no list of revoked certificates in PEM")
    if any(extension.critical for extension in extensions):
        # such a list tells only of some certificates, or of what changed; taking it for whole would let others in
        raise ValueError("holds a list that is not whole (it has a critical extension)")
    return lists


def due_of(content: bytes) -> datetime | None:
    """Return when the first of the lists in `content` should have been replaced; None if none says so."""
    return min((one.next_update_utc for one in lists_in(content) if one.next_update_utc), default=None)


def _require_signed(one: x509.CertificateRevocationList, signers: Sequence[x509.Certificate]) -> None:
    for signer in signers:
        public = signer.public_key()
        try:
            if signer.subject == one.issuer and one.is_signature_valid(public):  # type: ignore[arg-type]
                return
        except TypeError:
            # a kind of key that signs no lists
            continue
    raise SettingsError(
        ["[services] revocations_file: holds a list that no authority of client_authorities_file has signed"]
    )
