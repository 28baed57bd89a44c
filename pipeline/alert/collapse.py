"""Which hits are one alert: duplicates of one passage, and repeats within a window.

A hit joins an alert on the same entry of the same list at the same camera when its read was captured within the window
around the first one's, whichever order they come in. It never joins one that people have put aside (another vehicle
may be meant this time), and only an exact alert takes hits of another kind: an exact hit would not be noticed in a
near one.
"""

from __future__ import annotations

from pipeline.alert.settings import AlertSettings
from pipeline.domain.alert import Alert, AlertedHit, AlertState
from pipeline.domain.hotlist import HitKind

_PUT_ASIDE = (AlertState.MISREAD, AlertState.CLOSED)


def collapse_key(found: AlertedHit) -> str:
    """Return what all hits of one alert have in common."""
    return "\n".join((found.hit.voi.hotlist_id, found.hit.voi.vrm, found.read.camera_id))


def may_join(alert: Alert, found: AlertedHit, settings: AlertSettings) -> bool:
    """Tell whether `found`, of the same `collapse_key`, is another hit of `alert`."""
    apart = abs((found.read.captured_at - alert.read.captured_at).total_seconds())
    return (
        apart <= settings.collapse_seconds
        and alert.state not in _PUT_ASIDE
        and len(alert.repeats) < settings.most_repeats
        and alert.hit.kind in (HitKind.EXACT, found.hit.kind)
    )
