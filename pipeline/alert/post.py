"""One HTTP POST of a webhook, and nothing beside: no retries, no redirects, no answer read but its status.

On failure: Unavailable saying what kind of failure it was; never where it was sent, nor what.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping

import urllib3

from pipeline.alert.settings import WebhookSettings
from pipeline.errors import SettingsError, Unavailable


class Post:
    """Calls one address, over a new connection each time."""

    def __init__(self, name: str, settings: WebhookSettings, timeout_seconds: float) -> None:
        self._url = settings.url
        try:
            context = ssl.create_default_context(cafile=settings.ca_file or None)
        except (OSError, ssl.SSLError) as error:
            raise SettingsError([f"[alert.webhooks.{name}] ca_file: cannot be used: {error.strerror}"]) from error
        self._pool = urllib3.PoolManager(
            num_pools=1,
            maxsize=1,
            retries=False,
            timeout=urllib3.Timeout(connect=timeout_seconds, read=timeout_seconds),
            ssl_context=context,
        )

    def __call__(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Return the status of the answer. Raises Unavailable when there is none."""
        try:
            response = self._pool.request(
                "POST", self._url, body=body, headers=dict(headers), redirect=False, preload_content=False
            )
            # whatever else the answer holds is nobody's business, and may never end
            response.close()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Unavailable(f"no answer: {type(error).__name__}") from error
        return int(response.status)

    def close(self) -> None:
        self._pool.clear()
