"""What a peer did not take is sent again when the cause is mended; what it still does not take stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.domain.sharing import Fault
from pipeline.errors import Unavailable
from pipeline.share.quarantine import PutAside, Quarantine
from pipeline.share.resend import Resent, resend
from pipeline.wire.read_proto import encode_record
from tests.support.builders import AT, a_record
from tests.support.clock import ManualClock
from tests.support.sharing import KENT, Far, Link, bare


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Far]:
    far = Far(tmp_path, ManualClock(AT + timedelta(minutes=5)))
    yield far
    far.close()


@pytest.fixture
def aside(tmp_path: Path) -> Iterator[Quarantine]:
    """A read, its pictures before it, a read of a feed that is not ours, and one that the peer stumbles over."""
    quarantine = Quarantine(tmp_path / "refused.db")
    records = [a_record(1), bare(a_record(1)), bare(a_record(2, feed_id="essex")), bare(a_record(3))]
    quarantine.add(
        [
            PutAside(sender=KENT, read_id=one.read.read_id, fault=Fault.NOT_ITS_FEED, at=AT, content=encode_record(one))
            for one in records
        ]
    )
    yield quarantine
    quarantine.close()


def test_what_the_peer_takes_now_leaves_the_quarantine(far: Far, aside: Quarantine) -> None:
    link = Link(far)
    link.stumbles_over = {a_record(3).read.read_id}
    assert resend(aside, link, KENT, AT) == Resent(taken=2, left=2)
    assert [one.read_id for one in aside.all_of(KENT)] == [a_record(2).read.read_id, a_record(3).read.read_id]
    assert far.records()[0] == bare(a_record(1))
    assert [one.pictures_only for one in far.records()] == [False, True, True]
    link.stumbles_over = set()
    assert resend(aside, link, KENT, AT) == Resent(taken=1, left=1)


def test_while_the_peer_is_away_all_stays(far: Far, aside: Quarantine) -> None:
    link = Link(far)
    link.fault = Unavailable("the peer is away")
    with pytest.raises(Unavailable, match="the peer is away"):
        resend(aside, link, KENT, AT)
    assert aside.count(KENT) == 4
