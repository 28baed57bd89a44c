"""Where a camera in a vehicle was: the RMC sentences (NMEA 0183) that its satellite receiver writes into a file.

Promise: `at` gives the place between the two fixes around an instant, or that of the one fix next to it; None where no
valid fix lies within the time allowed, because a place that is guessed would be evidence. The file may grow while it is
read (`gpspipe -r -o gps.nmea`, or a logger's), be begun anew, and not be there yet. Sentences that are not whole, that
fail their checksum or that say that they have no fix are passed over.

On failure: nothing raises: a vehicle without a position still reads plates. `anpr_positions_missing` counts such reads.
"""

from __future__ import annotations

import bisect
import logging
import os
import re
from datetime import UTC, datetime
from pathlib import Path

from pipeline.domain.read import Location

log = logging.getLogger(__name__)
_RMC = re.compile(
    r"\$G[A-Z]RMC,(\d{6}(?:\.\d+)?),A,(\d{2})(\d{2}\.\d+),([NS]),(\d{3})(\d{2}\.\d+),([EW]),[^,]*,[^,]*,(\d{6}),"
)
_LINE = re.compile(r"\$([^*$]{1,200})\*([0-9A-Fa-f]{2})")
_MOST_FIXES = 200_000
"""One a second for two days; the older half is then forgotten."""
_MOST_READ_BYTES = 64 * 2**20


class NmeaPositions:
    """The positions in the file at `path`. A fix counts for instants up to `within_seconds` away. For one thread."""

    def __init__(self, path: Path, within_seconds: float) -> None:
        self._path = path
        self._within = within_seconds
        self._identity = (0, 0)
        self._read_up_to = 0
        self._torn = b""
        self._times: list[float] = []
        self._places: list[tuple[float, float]] = []

    def at(self, instant: datetime) -> Location | None:
        """Return where the vehicle was at `instant`."""
        self._read_on()
        moment = instant.timestamp()
        after = bisect.bisect_left(self._times, moment)
        near = [k for k in (after - 1, after) if 0 <= k < len(self._times)]
        near = [k for k in near if abs(self._times[k] - moment) <= self._within]
        if not near:
            return None
        first, last = near[0], near[-1]
        span = self._times[last] - self._times[first]
        share = (moment - self._times[first]) / span if span else 0.0
        latitude, longitude = (
            a + share * (b - a) for a, b in zip(self._places[first], self._places[last], strict=True)
        )
        return Location(latitude=latitude, longitude=longitude)

    def _read_on(self) -> None:
        try:
            with self._path.open("rb") as file:
                about = os.fstat(file.fileno())
                identity = (about.st_dev, about.st_ino)
                if identity != self._identity or about.st_size < self._read_up_to:
                    # another file, or the same begun anew: a vehicle's clock only goes on, so its fixes stay
                    self._identity, self._read_up_to, self._torn = identity, 0, b""
                file.seek(max(self._read_up_to, about.st_size - _MOST_READ_BYTES))
                found = file.read(_MOST_READ_BYTES)
                self._read_up_to = file.tell()
        except OSError as error:
            log.warning("the positions of a vehicle cannot be read: %s", error.strerror)
            return
        *lines, self._torn = (self._torn + found).split(b"\n")
        for line in lines:
            self._take(line.decode("ascii", "replace"))

    def _take(self, line: str) -> None:
        fix = fix_in(line)
        if fix is None or (self._times and fix[0] <= self._times[-1]):
            return
        self._times.append(fix[0])
        self._places.append(fix[1:])
        if len(self._times) > _MOST_FIXES:
            del self._times[: _MOST_FIXES // 2], self._places[: _MOST_FIXES // 2]


def fix_in(line: str) -> tuple[float, float, float] | None:
    """Return seconds from 1970, degrees north and degrees east of a sentence; None for one without a valid fix."""
    whole = _LINE.search(line)
    if whole is None or _checksum(whole[1]) != int(whole[2], 16):
        return None
    said = _RMC.match(whole[0])
    if said is None:
        return None
    clock, north, north_minutes, north_sign, east, east_minutes, east_sign, day = said.groups()
    try:
        at = datetime.strptime(f"{day}{clock[:6]}", "%d%m%y%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    latitude = int(north) + float(north_minutes) / 60
    longitude = int(east) + float(east_minutes) / 60
    if latitude > 90 or longitude > 180:
        return None
    fraction = float(f"0{clock[6:]}") if clock[6:] else 0.0
    return (
        at.timestamp() + fraction,
        latitude if north_sign == "N" else -latitude,
        longitude if east_sign == "E" else -longitude,
    )


def _checksum(content: str) -> int:
    total = 0
    for character in content:
        total ^= ord(character)
    return total
