"""Where a vehicle was: between two fixes of its receiver, or not known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import reduce
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.capture.positions import NmeaPositions, fix_in
from pipeline.domain.read import Location
from pipeline.settings import FeedSettings

AT = datetime(2026, 1, 5, 8, 30, 15, tzinfo=UTC)


def rmc(at: datetime, latitude: float, longitude: float, valid: str = "A") -> str:
    north, east = abs(latitude), abs(longitude)
    said = (
        f"GPRMC,{at:%H%M%S}.{at.microsecond // 10000:02d},{valid},{int(north):02d}{north % 1 * 60:07.4f},"
        f"{'N' if latitude >= 0 else 'S'},{int(east):03d}{east % 1 * 60:07.4f},{'E' if longitude >= 0 else 'W'},"
        f"022.4,084.4,{at:%d%m%y},003.1,W"
    )
    return f"${said}*{reduce(lambda total, one: total ^ ord(one), said, 0):02X}\r\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gps.nmea"


def test_a_sentence_as_receivers_write_it_is_a_fix() -> None:
    fix = fix_in("$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A\r\n")
    assert fix == (datetime(1994, 3, 23, 12, 35, 19, tzinfo=UTC).timestamp(), 48 + 7.038 / 60, 11 + 31 / 60)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6B",
        "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,0",
        "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47",
        rmc(AT, 51.0, 0.0, valid="V"),
    ],
)
def test_what_is_no_valid_fix_is_passed_over(line: str) -> None:
    assert fix_in(line) is None


@given(st.text(max_size=120))
def test_any_line_is_borne(line: str) -> None:
    fix_in("$GPRMC," + line)


def test_between_two_fixes_the_vehicle_was_on_its_way(path: Path) -> None:
    path.write_text(rmc(AT, 51.0, -0.5) + rmc(AT + timedelta(seconds=2), 51.01, -0.51))
    where = NmeaPositions(path, 5.0).at(AT + timedelta(seconds=0.5))
    assert where is not None
    assert (where.latitude, where.longitude) == (pytest.approx(51.0025, abs=1e-5), pytest.approx(-0.5025, abs=1e-5))


def test_without_a_fix_near_in_time_the_place_is_not_known(path: Path) -> None:
    path.write_text(rmc(AT, 51.0, 0.5))
    positions = NmeaPositions(path, 5.0)
    assert positions.at(AT + timedelta(seconds=4.9)) == Location(latitude=51.0, longitude=0.5)
    assert positions.at(AT + timedelta(seconds=5.1)) is None
    assert positions.at(AT - timedelta(seconds=5.1)) is None


def test_a_file_that_grows_is_followed_also_over_half_a_line(path: Path) -> None:
    positions = NmeaPositions(path, 5.0)
    assert positions.at(AT) is None
    second = rmc(AT + timedelta(seconds=60), 52.0, 0.0)
    path.write_text(rmc(AT, 51.0, 0.0) + second[:30])
    assert positions.at(AT) == Location(latitude=51.0, longitude=0.0)
    with path.open("a") as file:
        file.write(second[30:])
    assert positions.at(AT + timedelta(seconds=60)) == Location(latitude=52.0, longitude=0.0)


def test_a_file_begun_anew_is_read_from_its_beginning_and_nothing_is_forgotten(path: Path) -> None:
    path.write_text(rmc(AT, 51.0, 0.0) * 3)
    positions = NmeaPositions(path, 5.0)
    assert positions.at(AT) is not None
    path.write_text(rmc(AT + timedelta(seconds=60), 52.0, 0.0))
    assert positions.at(AT + timedelta(seconds=60)) == Location(latitude=52.0, longitude=0.0)
    assert positions.at(AT) == Location(latitude=51.0, longitude=0.0)


def test_a_camera_stands_or_moves_and_not_both() -> None:
    with pytest.raises(ValueError, match="not both"):
        FeedSettings(url="x", latitude=51.0, longitude=0.0, positions_file="gps.nmea")
