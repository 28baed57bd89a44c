"""What counts as right is counted right."""

from __future__ import annotations

import pytest

from benchmarks.accuracy_scoring import (
    Event,
    Plate,
    Seen,
    calibration_error,
    folded,
    plain,
    score_events,
    score_stills,
    wilson,
)


def plate(text: str, file: str = "one.jpg") -> Plate:
    return Plate(file=file, text=text)


def seen(text: str, file: str = "one.jpg", confidence: float = 0.9) -> Seen:
    return Seen(file=file, text=text, confidence=confidence)


def read(text: str, first: int, last: int, clip: str = "road.mp4") -> Seen:
    return Seen(file=clip, text=text, confidence=0.9, first_frame=first, last_frame=last)


def event(text: str, first: int, last: int, clip: str = "road.mp4") -> Event:
    return Event(clip=clip, text=text, first_frame=first, last_frame=last)


def test_spaces_dashes_and_case_are_no_part_of_a_text() -> None:
    assert plain("ab-12 cde") == "AB12CDE"


def test_folding_makes_o_q_and_zero_one_and_i_and_one_one() -> None:
    assert folded("OQI") == folded("001") == "001"
    assert folded("B8") != folded("88")


def test_a_read_that_differs_only_in_what_looks_alike_is_right_but_not_exact() -> None:
    score = score_stills([plate("AB10 CDE")], [seen("ABIOCDE")])
    assert (score.labelled, score.exact, score.folded, len(score.false_reads)) == (1, 0, 1, 0)
    assert [one.text for one in score.inexact if isinstance(one, Plate)] == ["AB10 CDE"]


def test_an_exact_read_is_taken_before_one_that_only_looks_alike() -> None:
    score = score_stills([plate("AB10CDE")], [seen("ABIOCDE"), seen("AB10CDE")])
    assert score.exact == 1
    assert score.inexact == ()
    assert [one.text for one in score.false_reads] == ["ABIOCDE"]


def test_a_misread_is_both_a_miss_and_a_false_read() -> None:
    score = score_stills([plate("AB10CDE")], [seen("AB10CDF")])
    assert (score.folded, len(score.misses), len(score.false_reads)) == (0, 1, 1)
    assert score.judged == ((0.9, False),)


def test_one_read_answers_for_one_plate_of_its_own_picture() -> None:
    plates = [plate("AB10CDE", "a.jpg"), plate("AB10CDE", "b.jpg")]
    assert score_stills(plates, [seen("AB10CDE", "a.jpg")]).folded == 1
    twice = score_stills(plates, [seen("AB10CDE", "a.jpg"), seen("AB10CDE", "a.jpg")])
    assert (twice.folded, len(twice.false_reads)) == (1, 1)


def test_every_read_of_a_picture_without_plates_is_false() -> None:
    assert len(score_stills([], [seen("AB10CDE"), seen("X")]).false_reads) == 2


def test_a_read_of_a_clip_belongs_to_the_event_whose_mark_and_frames_it_shares() -> None:
    score = score_events([event("AB10CDE", 0, 35), event("FG20HJK", 36, 71)], [read("ABI0CDE", 30, 40)])
    assert (score.folded, score.exact, len(score.false_reads), len(score.misses)) == (1, 0, 0, 1)
    assert score.inexact == (event("AB10CDE", 0, 35),)


@pytest.mark.parametrize("stray", [read("AB10CDE", 36, 50), read("AB10CDE", 0, 9, "lane.mp4"), read("AB10CDF", 0, 9)])
def test_a_read_at_another_time_of_another_clip_or_with_another_mark_is_false(stray: Seen) -> None:
    score = score_events([event("AB10CDE", 0, 35)], [stray])
    assert (score.folded, len(score.false_reads)) == (0, 1)


def test_the_second_read_of_one_event_is_a_duplicate_and_not_false() -> None:
    score = score_events([event("AB10CDE", 0, 35)], [read("AB10CDE", 0, 9), read("AB10CDE", 20, 35)])
    assert (score.folded, score.exact, score.duplicates, len(score.false_reads)) == (1, 1, 1, 0)


def test_a_mark_that_passes_twice_is_two_events() -> None:
    events = [event("AB10CDE", 0, 35), event("AB10CDE", 100, 135)]
    score = score_events(events, [read("AB10CDE", 0, 30), read("AB10CDE", 101, 130)])
    assert (score.folded, score.duplicates) == (2, 0)


def test_the_interval_of_a_rate_is_wilsons() -> None:
    # the worked values of Newcombe 1998, table I: 81 of 263 and 0 of 20
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-4)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-4)
    assert wilson(0, 0) == (0.0, 1.0)


def test_confidence_that_is_the_frequency_has_no_calibration_error() -> None:
    assert calibration_error([(0.75, True)] * 3 + [(0.75, False)]) == pytest.approx(0.0)


def test_the_calibration_error_is_the_gap_of_each_bin_weighed_by_its_size() -> None:
    judged = [(0.9, False)] * 2 + [(0.2, False)] * 2
    assert calibration_error(judged) == pytest.approx((2 * 0.9 + 2 * 0.2) / 4)
    assert calibration_error([(1.0, True)]) == pytest.approx(0.0)
    assert calibration_error([]) is None
