"""The terms of hotlists, asked anew for every hit: a list may have become covert a moment ago.

On failure: whatever the source of the terms raises; hits wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipeline.domain.hotlist import HotlistId, HotlistTerms


class AskedTerms:
    """A `ListTerms` over whoever knows all lists."""

    def __init__(self, ask: Callable[[], Mapping[HotlistId, HotlistTerms]]) -> None:
        self._ask = ask

    def terms_of(self, hotlist_id: HotlistId) -> HotlistTerms | None:
        return self._ask().get(hotlist_id)
