"""Who is told of a hit: the table of routes, and the terms of the list it is on.

Promise: every hit goes to somebody. The hits of a covert list, and of a list that names those who may see it, go to
its owner and to those it names, whatever the table says; when it escalates too.

On failure: nothing here can fail; a table that is wrong is refused with the settings.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from pipeline.alert.settings import DAYS, AlertSettings, AreaSettings, RouteSettings
from pipeline.domain.alert import AlertedHit, Recipient
from pipeline.domain.hotlist import Hit, HotlistTerms
from pipeline.domain.read import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Who is told at once, and who when nobody has seen it in time."""

    recipients: tuple[Recipient, ...]
    escalate_to: tuple[Recipient, ...]


class Router:
    """Applies the table of the settings. All routes that fit count together."""

    def __init__(self, settings: AlertSettings) -> None:
        self._settings = settings
        self._zone = ZoneInfo(settings.time_zone)

    def told_of(self, found: AlertedHit, *, terms: HotlistTerms, location: Location | None, at: datetime) -> Told:
        """Return who is told of a hit that is raised `at`; `location` is where the camera stood, if known."""
        local = at.astimezone(self._zone)
        fitting = [
            route
            for route in self._settings.routes
            if _fits_hit(route, found.hit)
            and _fits_time(route, local)
            and self._fits_area(route, found.read.camera_id, location)
        ]
        recipients = _each_once(name for route in fitting for name in route.recipients)
        escalate_to = _each_once(name for route in fitting for name in route.escalate_to)
        allowed = tuple(name for name in recipients or self._settings.otherwise if terms.may_be_seen_by(name))
        if terms.covert or terms.visible_to:
            entitled = (Recipient(name) for name in (terms.owner, *terms.visible_to) if name)
            allowed = _each_once((*allowed, *entitled))
        return Told(
            recipients=allowed, escalate_to=tuple(name for name in escalate_to if terms.may_be_seen_by(name)) or allowed
        )

    def _fits_area(self, route: RouteSettings, camera_id: str, location: Location | None) -> bool:
        return not route.areas or any(_within(self._settings.areas[area], camera_id, location) for area in route.areas)


def _fits_hit(route: RouteSettings, hit: Hit) -> bool:
    return (
        (not route.lists or any(fnmatchcase(hit.voi.hotlist_id, pattern) for pattern in route.lists))
        and (not route.kinds or hit.kind in route.kinds)
        and (not route.actions or hit.voi.action in route.actions)
        and route.most_urgent <= hit.voi.priority <= route.least_urgent
    )


def _fits_time(route: RouteSettings, local: datetime) -> bool:
    minutes = route.minutes()
    now = 60 * local.hour + local.minute
    day = local
    if minutes is not None:
        begin, end = minutes
        over_midnight = begin >= end
        if not (begin <= now < end or (over_midnight and (now >= begin or now < end))):
            return False
        if over_midnight and now < end:
            day = local - timedelta(days=1)
    return not route.days or DAYS[day.weekday()] in route.days


def _within(area: AreaSettings, camera_id: str, location: Location | None) -> bool:
    if any(fnmatchcase(camera_id, pattern) for pattern in area.cameras):
        return True
    if location is None or area.south is None or area.west is None or area.north is None or area.east is None:
        return False
    return area.south <= location.latitude <= area.north and area.west <= location.longitude <= area.east


def _each_once(names: Iterable[Recipient]) -> tuple[Recipient, ...]:
    return tuple(dict.fromkeys(names))
