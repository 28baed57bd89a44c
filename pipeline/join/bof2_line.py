"""One HTTP call of a Back Office Facility and its answer: no redirects, and no retries, which are the caller's.

On failure: Unavailable saying what kind of failure it was, never what was sent. Whatever failed is opened anew for the
next call, with the certificates and the password that the files hold by then.
"""

from __future__ import annotations

import base64
import ssl
from pathlib import Path
from threading import Lock

import urllib3

from pipeline.errors import Unavailable
from pipeline.join.settings import BackOfficeSettings

_MOST_ANSWER_BYTES = 64 * 1024


class Bof2Line:
    """Connections are kept and shared by `threads`. Safe for so many."""

    def __init__(self, settings: BackOfficeSettings, *, answer_seconds: float, threads: int) -> None:
        self._settings = settings
        self._seconds = answer_seconds
        self._threads = threads
        self._lock = Lock()
        self._opened: tuple[urllib3.PoolManager, str] | None = None

    @property
    def signature(self) -> str:
        """What BOF2 calls so, as it was when the line was opened."""
        return self._open()[1]

    def post(self, url: str, body: bytes) -> tuple[int, bytes]:
        """Return status and body of the answer. Raises Unavailable when there is none."""
        pool, _ = self._open()
        try:
            response = pool.request("POST", url, body=body, redirect=False, preload_content=False)
            answer = response.read(_MOST_ANSWER_BYTES, decode_content=False)
            if len(answer) == _MOST_ANSWER_BYTES:
                response.close()
            response.release_conn()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            self.close()
            raise Unavailable(f"no answer ({type(error).__name__})") from error
        if response.status in (401, 403):
            self.close()
        return int(response.status), answer

    def close(self) -> None:
        """Let go of the connections that nobody uses now."""
        with self._lock:
            opened, self._opened = self._opened, None
        if opened is not None:
            opened[0].clear()

    def _open(self) -> tuple[urllib3.PoolManager, str]:
        with self._lock:
            if self._opened is None:
                self._opened = self._pool(), _line_in(self._settings.signature_file)
            return self._opened

    def _pool(self) -> urllib3.PoolManager:
        settings = self._settings
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
        if settings.secret_file:
            shown = f"{settings.basic_user}:{_line_in(settings.secret_file)}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(shown).decode('ascii')}"
        try:
            context = ssl.create_default_context(cafile=settings.authorities_file or None)
            if settings.certificate_file:
                context.load_cert_chain(settings.certificate_file, settings.key_file)
        except (OSError, ssl.SSLError) as error:
            raise Unavailable(f"its certificate files cannot be used: {error.strerror or 'they are no PEM'}") from error
        return urllib3.PoolManager(
            maxsize=self._threads,
            retries=False,
            timeout=urllib3.Timeout(connect=self._seconds, read=self._seconds),
            ssl_context=context,
            headers=headers,
        )


def _line_in(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8").strip() if file else ""
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(f"a secret cannot be read: {file}") from error
