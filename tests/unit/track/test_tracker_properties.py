"""What must hold of every scene, not only of those someone thought of."""

from __future__ import annotations

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pipeline.domain.plate import Passage
from pipeline.track.settings import TrackSettings
from pipeline.track.tracker import PassageTracker
from tests.support.sightings import CAMERA, Vehicle, observe_all, scene, texts_of, track, vehicle

TEXTS = ["AB12CDE", "XY34FGH", "KL56MNP", "RT78UVW", "GH90JKL"]
NOISE = [("XX1", "7Q7Q7Q"), ("1L1L", "CCC3"), ("ZZ99ZZZ9", "SSS"), ("AAAA", "NN5N5"), ("2222", "W0W0W")]
"""What a lane's vehicles may grossly be misread as."""
PROFILE = settings(max_examples=25, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))


@st.composite
def vehicles(draw: st.DrawFn) -> list[Vehicle]:
    """Up to five vehicles, each in a lane of its own or after the others, with dropouts and odd misreads."""
    found = []
    for lane, text in enumerate(TEXTS[: draw(st.integers(1, 5))]):
        start = draw(st.integers(0, 80))
        frames = range(start, start + draw(st.integers(12, 50)))
        hidden = draw(st.sets(st.sampled_from(frames), max_size=len(frames) // 3))
        seen = [frame for frame in frames if frame not in hidden]
        # the same gross misread twice running is what a cut to another vehicle looks like, so every second look is good
        odd = draw(st.sets(st.sampled_from(seen[1::2]), max_size=len(seen) // 6))
        misread = {frame: draw(st.sampled_from([*NOISE[lane], text[:-1] + "8", "8" + text[1:]])) for frame in odd}
        y = 100.0 + 120.0 * lane
        across = draw(st.sampled_from([(100.0, 900.0), (900.0, 100.0), (400.0, 400.0), (400.0, 800.0)]))
        tall = draw(st.sampled_from([(20.0, 40.0), (40.0, 20.0), (30.0, 30.0)]))
        found.append(
            vehicle(
                text,
                frames=frames,
                moving_from=(across[0], y, tall[0]),
                to=(across[1], y, tall[1]),
                hidden=hidden,
                misread=misread,
            )
        )
    return found


def described(passages: list[Passage]) -> list[tuple[object, ...]]:
    return [
        (
            one.passage_id,
            one.closed_because,
            one.sighting_count,
            [(seen.sequence, seen.detection.box, seen.patch is None) for seen in one.sightings],
            one.text and (one.text.vrm, one.text.confidence, one.text.candidates, one.text.character_confidences),
        )
        for one in passages
    ]


@PROFILE
@given(vehicles(), st.sampled_from([12.0, 25.0]))
def test_as_many_vehicles_as_there_are_yield_as_many_reads(seen: list[Vehicle], per_second: float) -> None:
    passages = track(scene(*seen, per_second=per_second))
    assert sorted(texts_of(passages)) == sorted(one.text for one in seen)


@PROFILE
@given(vehicles(), st.integers(0, 130))
def test_a_tracker_restored_midway_gives_the_same_passages_as_one_that_was_never_stopped(
    seen: list[Vehicle], stopped_at: int
) -> None:
    shots = scene(*seen, frames=180)
    first = PassageTracker(CAMERA, TrackSettings())
    passages = observe_all(first, shots[:stopped_at])
    second = PassageTracker(CAMERA, TrackSettings())
    second.restore(first.snapshot())
    passages += observe_all(second, shots[stopped_at:]) + second.flush()
    whole = PassageTracker(CAMERA, TrackSettings())
    assert described(passages) == described(observe_all(whole, shots) + whole.flush())
    assert second.counts == whole.counts


@PROFILE
@given(vehicles())
def test_the_same_scene_always_gives_the_same_passages_whatever_the_order_within_a_frame(seen: list[Vehicle]) -> None:
    assert described(track(scene(*seen))) == described(track(scene(*seen)))
    assert sorted(texts_of(track(scene(*seen)))) == sorted(texts_of(track(scene(*reversed(seen)))))


@PROFILE
@given(vehicles())
def test_every_trail_is_accounted_for(seen: list[Vehicle]) -> None:
    tracker = PassageTracker(CAMERA, TrackSettings())
    observe_all(tracker, scene(*seen, frames=250))
    tracker.flush()
    counts = tracker.counts
    ended = counts.passages + counts.rejoined + counts.joined + counts.misreads + sum(counts.rejected.values())
    assert counts.trails == ended
