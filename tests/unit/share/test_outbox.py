"""The outbox: every read arrives, in the order of its camera, whatever the link does."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline import metrics
from pipeline.domain.alert import AlertedHit, AlertedRead
from pipeline.domain.sharing import Fault, Organisation
from pipeline.errors import IntegrityError, Unavailable
from pipeline.share.release import release
from pipeline.share.settings import ShareSettings
from tests.support.alerts import an_alerted_hit
from tests.support.builders import AT
from tests.support.clock import ManualClock
from tests.support.sharing import KENT, SHARE, Far, Link, Near, bare, reads

NATIONAL = Organisation("national")
AWAY = Unavailable("the centre is away")
READS_ONLY = replace(SHARE, with_pictures=False)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(AT)


@pytest.fixture
def far(tmp_path: Path, clock: ManualClock) -> Iterator[Far]:
    far = Far(tmp_path / "far", clock)
    yield far
    far.close()


@pytest.fixture
def link(far: Far) -> Link:
    return Link(far)


def near_of(folder: Path, link: Link, clock: ManualClock, settings: ShareSettings = READS_ONLY) -> Near:
    return Near(folder / "near", link, clock, settings)


def test_reads_arrive_without_pictures_and_the_pictures_follow(
    tmp_path: Path, far: Far, link: Link, clock: ManualClock
) -> None:
    near = near_of(tmp_path, link, clock, SHARE)
    sent = reads(range(10))
    near.journal.append(sent)
    near.run(3)
    arrived = far.records()
    assert {one.read.read_id: one for one in arrived[:10]} == {one.read.read_id: bare(one) for one in sent}
    late = arrived[10:]
    assert all(one.pictures_only for one in late)
    assert {(one.read.read_id, one.patch or one.overview) for one in late} == {
        (one.read.read_id, jpeg) for one in sent for jpeg in (one.patch, one.overview)
    }
    assert (near.outbox.lag, near.outbox.hold()) == (0, 10)
    near.close()


def test_a_link_that_fails_is_tried_again_ever_more_slowly_and_for_ever(
    tmp_path: Path, far: Far, link: Link, clock: ManualClock
) -> None:
    near = near_of(tmp_path, link, clock)
    near.journal.append(reads(range(1)))
    link.fault = AWAY
    tries = []
    for _ in range(1200):
        before = link.asked
        near.run(0.25)
        tries += [clock.monotonic()] * (link.asked - before)
    pauses = [later - sooner for sooner, later in pairwise(tries)]
    assert pauses[:5] == pytest.approx([5, 7.5, 11.25, 16.9, 25.3], abs=0.75)
    assert pauses[-1] == pytest.approx(30, abs=0.5)
    assert near.outbox.failure == "the centre is away"
    link.fault = None
    near.run(31)
    assert len(far.records()) == 1
    assert near.outbox.failure == ""
    near.close()


def test_an_answer_that_is_lost_doubles_nothing(tmp_path: Path, far: Far, link: Link, clock: ManualClock) -> None:
    near = near_of(tmp_path, link, clock)
    sent = reads(range(50))
    near.journal.append(sent)
    link.fault, link.lose_answers = AWAY, True
    near.run(12)
    link.fault = None
    near.run(60)
    assert len(link.batches) > 5
    assert sorted(one.read.read_id for one in far.records()) == sorted(one.read.read_id for one in sent)
    near.close()


def test_a_restart_goes_on_where_the_last_answer_left_it(
    tmp_path: Path, far: Far, link: Link, clock: ManualClock
) -> None:
    near = near_of(tmp_path, link, clock)
    near.journal.append(reads(range(40)))
    near.run(2)
    near.close()
    link.batches.clear()
    near = near_of(tmp_path, link, clock)
    near.journal.append(reads(range(40, 45)))
    near.run(2)
    assert sorted(one.read.read_id for batch in link.batches for one in batch) == [
        f"{number:032x}" for number in range(40, 45)
    ]
    near.close()


@pytest.mark.parametrize("seed", range(5))
def test_reads_of_one_camera_never_overtake_each_other(
    tmp_path: Path, far: Far, link: Link, clock: ManualClock, seed: int
) -> None:
    chance = random.Random(seed)
    near = near_of(tmp_path, link, clock, replace(READS_ONLY, most_batch_reads=7, fresh_seconds=1e6))
    near.journal.append(reads(range(200)))
    link.holds = True
    for _ in range(400):
        link.fault = AWAY if chance.random() < 0.1 else None
        link.lose_answers = chance.random() < 0.5
        near.run(0.25)
        link.release(chance.sample(range(len(link.held)), len(link.held)))
        clock.advance(chance.choice([0.0, 8.0]))
    assert near.outbox.lag == 0
    arrived = [(one.read.camera_id, int(one.read.read_id, 16)) for one in far.records()]
    assert len(arrived) == 200
    for camera in {camera for camera, _ in arrived}:
        numbers = [number for of, number in arrived if of == camera]
        assert numbers == sorted(numbers)
    near.close()


def test_after_an_outage_what_comes_now_goes_before_what_was_left_behind(
    tmp_path: Path, far: Far, link: Link, clock: ManualClock
) -> None:
    near = near_of(tmp_path, link, clock, replace(READS_ONLY, most_batch_reads=20, lanes=1, retry_longest_seconds=5))
    link.fault = AWAY
    near.journal.append(reads(range(500), at=clock.now()))
    near.run(300)
    # lag in reads and in seconds
    behind, late = (one.labels(NATIONAL)._value for one in (metrics.SHARE_LAG_READS, metrics.SHARE_LAG_SECONDS))
    assert (behind.get(), late.get()) == (500, pytest.approx(300, abs=2))
    link.fault = None
    link.holds = True
    near.run(6)
    near.journal.append(reads(range(1000, 1010), at=clock.now()))
    near.run(1)
    for _ in range(4):
        link.release()
        near.run(0.5)
    arrived = [int(one.read.read_id, 16) for one in far.records()]
    assert set(range(1000, 1010)) <= set(arrived)
    assert len(arrived) < 510
    link.holds = False
    link.release()
    near.run(10)
    assert sorted(int(one.read.read_id, 16) for one in far.records()) == [*range(500), *range(1000, 1010)]
    assert (near.outbox.lag, near.outbox.position) == (0, 510)
    assert (behind.get(), late.get()) == (0, 0)
    near.close()


class Hits:
    """A `HitLog` over a list."""

    def __init__(self, hits: list[AlertedHit]) -> None:
        self.hits = hits

    def after(self, position: str, limit: int) -> Sequence[tuple[str, AlertedHit]]:
        begin = int(position or 0)
        return [(str(at), hit) for at, hit in enumerate(self.hits[begin : begin + limit], begin + 1)]


def test_reads_of_the_backlog_that_hit_go_first(tmp_path: Path, far: Far, link: Link, clock: ManualClock) -> None:
    left_behind = reads(range(500), at=clock.now())
    hits = Hits([replace(an_alerted_hit(1), read=AlertedRead.of(left_behind[450].read))])
    settings = replace(READS_ONLY, most_batch_reads=20, lanes=1, retry_longest_seconds=5)
    near = Near(tmp_path / "near", link, clock, settings, hits)
    link.fault = AWAY
    near.journal.append(left_behind)
    near.run(300)
    link.fault, link.holds = None, True
    near.run(6)
    link.release()
    near.run(1)
    link.release()
    assert left_behind[450].read.read_id in {one.read.read_id for one in far.records()}
    assert len(far.records()) <= 61
    near.close()


def test_what_the_peer_does_not_take_is_put_aside_here_with_the_reason(
    tmp_path: Path, far: Far, link: Link, clock: ManualClock
) -> None:
    near = near_of(tmp_path, link, clock)
    foreign = reads([1], feed_id="essex")
    early = [replace(one, read=replace(one.read, captured_at=AT.replace(year=2030))) for one in reads([2])]
    near.journal.append([*foreign, *early, *reads([3])])
    near.run(2)
    aside = near.quarantine.all_of(NATIONAL)
    assert {(one.read_id, one.fault) for one in aside} == {
        (foreign[0].read.read_id, Fault.NOT_ITS_FEED),
        (early[0].read.read_id, Fault.FUTURE),
    }
    assert [one.read.read_id for one in far.records()] == [f"{3:032x}"]
    assert near.outbox.lag == 0
    near.close()


def test_a_read_that_the_peer_stumbles_over_is_found_and_the_others_arrive(
    tmp_path: Path, far: Far, link: Link, clock: ManualClock
) -> None:
    near = near_of(tmp_path, link, clock)
    link.stumbles_over = {f"{17:032x}"}
    near.journal.append(reads(range(60)))
    near.run(10)
    assert [one.read_id for one in near.quarantine.all_of(NATIONAL)] == [f"{17:032x}"]
    assert len(far.records()) == 59
    near.close()


def test_the_journal_is_held_for_the_peer_up_to_the_bound_and_losses_are_counted(
    tmp_path: Path, far: Far, link: Link, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    near = near_of(tmp_path, link, clock, replace(READS_ONLY, most_backlog_mebibytes=1))
    link.fault = AWAY
    near.journal.append(reads(range(10)))
    near.run(1)
    assert near.outbox.hold() == 0
    near.journal.append(reads(range(10, 4000)))
    near.run(1)
    forgotten = near.outbox.hold()
    assert 0 < forgotten < 4000
    assert "most_backlog_mebibytes" in caplog.text
    near.close()
    near = near_of(tmp_path, link, clock, replace(READS_ONLY, most_backlog_mebibytes=1))
    near.journal.discard_up_to(forgotten)
    link.fault = None
    near.run(60)
    assert len(far.records()) == 4000 - forgotten
    assert f"{forgotten} reads went from the journal before they could be sent" in caplog.text
    near.close()


def test_batches_grow_while_answers_come_quickly(tmp_path: Path, far: Far, link: Link, clock: ManualClock) -> None:
    near = near_of(tmp_path, link, clock, replace(READS_ONLY, lanes=1))
    near.journal.append(reads(range(3000)))
    near.run(5)
    sizes = [len(batch) for batch in link.batches]
    assert sizes[:5] == [64, 128, 256, 512, 1024]
    near.close()


def test_reads_of_a_force_whose_clock_is_ahead_are_put_aside_at_both_ends_until_somebody_lets_them_in(
    tmp_path: Path, far: Far, link: Link, clock: ManualClock
) -> None:
    near = near_of(tmp_path, link, clock)
    ahead = reads(range(5), at=clock.now() + timedelta(hours=1))
    near.journal.append([*ahead, *reads(range(5, 10))])
    near.run(2)
    assert {one.fault for one in near.quarantine.all_of(NATIONAL)} == {Fault.FUTURE}
    assert len(far.records()) == 5
    release(far.quarantine, far.journal, KENT)
    assert sorted(one.read.read_id for one in far.records()) == [f"{number:032x}" for number in range(10)]
    near.close()


def test_an_older_copy_of_the_journal_in_its_place_is_noticed(
    tmp_path: Path, far: Far, link: Link, clock: ManualClock
) -> None:
    near = near_of(tmp_path, link, clock)
    near.journal.append(reads(range(5)))
    near.close()
    copy = (tmp_path / "near" / "journal.db").read_bytes()
    near = near_of(tmp_path, link, clock)
    near.journal.append(reads(range(5, 9)))
    near.run(2)
    near.close()
    (tmp_path / "near" / "journal.db").write_bytes(copy)
    near = near_of(tmp_path, link, clock)
    with pytest.raises(IntegrityError, match="an older copy was put in its place"):
        near.run(1)
    near.close()
