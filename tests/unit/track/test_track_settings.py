"""Settings that contradict each other are refused."""

from __future__ import annotations

import pytest

from pipeline.track.settings import TrackSettings


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"gone_after_seconds": 0.0}, "positive"),
        ({"gone_after_seconds": 5.0}, "returning_after_seconds"),
        ({"standing_gone_after_seconds": 0.5}, "at least gone_after_seconds"),
        ({"standing_gone_after_seconds": 3.0}, "returning_after_seconds"),
        ({"receding_confidence": 0.0}, "receding_confidence"),
        ({"rejoin_within_seconds": 500.0}, "standing_remembered_seconds"),
        ({"minimum_sightings": 0}, "at least 1"),
        ({"kept_sightings": 0}, "at least 1"),
    ],
)
def test_a_setting_that_cannot_be_kept_is_refused_by_name(given: dict[str, float], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        TrackSettings(**given)  # type: ignore[arg-type]
