"""The certificates of the endpoint for cameras, which may be replaced while it serves."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

from pipeline.errors import SettingsError
from pipeline.join.settings import JoinSettings

log = logging.getLogger(__name__)


class Certificates:
    """The files of the settings. Without them there is no context: then only this machine can be let in.

    Whoever signs clients' certificates can be added while the endpoint serves; to take one away wants a restart.
    """

    def __init__(self, settings: JoinSettings) -> None:
        self._settings = settings
        self.context = self._opened() if settings.certificate_file else None
        self._seen = self._content()

    def look(self) -> None:
        """Meet new connections with what the files hold now, if that is good; what is not changes nothing."""
        if self.context is None or (found := self._content()) == self._seen:
            return
        self._seen = found
        try:
            self._opened()
        except SettingsError as error:
            log.error("the certificates of [join] were changed and cannot be used; the last ones stay: %s", error)
            return
        self._load_into(self.context)
        log.info("the certificates of [join] were replaced")

    def _content(self) -> list[bytes]:
        settings = self._settings
        files = (settings.certificate_file, settings.key_file, settings.client_authorities_file)
        # a file that is away while it is replaced is looked at again the next time
        return [Path(one).read_bytes() if one and Path(one).is_file() else b"" for one in files]

    def _opened(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            self._load_into(context)
        except ssl.SSLError as error:
            raise SettingsError(
                [f"[join] the certificate files cannot be used: {error.reason or 'they are no PEM'}"]
            ) from error
        except OSError as error:
            raise SettingsError([f"[join] a certificate file cannot be read: {error.strerror}"]) from error
        return context

    def _load_into(self, context: ssl.SSLContext) -> None:
        context.load_cert_chain(self._settings.certificate_file, self._settings.key_file)
        if self._settings.client_authorities_file:
            context.load_verify_locations(self._settings.client_authorities_file)
            # a camera that shows none must know its password
            context.verify_mode = ssl.CERT_OPTIONAL
