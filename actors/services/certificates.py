"""The certificates of the services, which may be replaced while they serve.

Promise: every new connection is met with what the files hold then. Files that do not fit together (one of them is
being replaced, or is broken) change nothing: the last good ones stay in use, and the log says so once.
On failure: SettingsError when there is nothing good to begin with.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from pipeline import metrics
from pipeline.errors import SettingsError
from pipeline.settings import ServicesSettings

log = logging.getLogger(__name__)


class Certificates:
    """Key, certificate and the authorities of clients, as the three files hold them now."""

    def __init__(self, settings: ServicesSettings) -> None:
        self._files = (settings.key_file, settings.certificate_file, settings.client_authorities_file)
        self._seen: tuple[bytes, ...] = ()

    def credentials(self) -> grpc.ServerCredentials:
        """Return credentials that demand a certificate of every client."""
        # the types that come for grpc say wrongly that nothing but a configuration may be returned
        newer: Any = self._newer
        return grpc.dynamic_ssl_server_credentials(self._configured(), newer, require_client_authentication=True)

    def _configured(self) -> grpc.ServerCertificateConfiguration:
        try:
            content = tuple(Path(file).read_bytes() for file in self._files)
        except OSError as error:
            raise SettingsError([f"[services] {error.filename}: cannot be read: {error.strerror}"]) from error
        self._seen = content
        key, certificate, authorities = content
        try:
            first = x509.load_pem_x509_certificate(certificate)
            own = serialization.load_pem_private_key(key, password=None)
            x509.load_pem_x509_certificates(authorities)
        except (ValueError, TypeError) as error:
            raise SettingsError(
                ["[services] key_file, certificate_file, client_authorities_file: not all are PEM without a password"]
            ) from error
        if own.public_key() != first.public_key():
            raise SettingsError(["[services] key_file: is not the key of the certificate in certificate_file"])
        metrics.SERVICE_CERTIFICATE_EXPIRES.set(first.not_valid_after_utc.timestamp())
        return grpc.ssl_server_certificate_configuration([(key, certificate)], authorities)

    def _newer(self) -> grpc.ServerCertificateConfiguration | None:
        """Return what the files hold if it changed and is good, else None: gRPC goes on with what it has."""
        before = self._seen
        try:
            if tuple(Path(file).read_bytes() for file in self._files) == before:
                return None
            configured = self._configured()
        except (OSError, SettingsError) as error:
            if self._seen != before or isinstance(error, OSError):
                log.error("the services' certificates were changed and cannot be used; the last ones stay: %s", error)
            return None
        log.info("the services' certificates were replaced")
        return configured
