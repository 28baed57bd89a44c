"""Sending again what a peer did not take, once what was wrong there is mended.

Promise: what the peer takes now leaves the quarantine; what it still does not take stays, whatever is wrong with it.
On failure: Unavailable with the rest left where it was; doing it again does no harm, because a read is kept once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime

from pipeline.domain.ports import Peer
from pipeline.domain.sharing import Fault, Organisation, Outcome, Taken
from pipeline.errors import BadInput
from pipeline.share.quarantine import PutAside, Quarantine
from pipeline.wire.offers import glimpse_of, outcomes_in, push_of, push_of_images

_READS_AT_ONCE, _PICTURES_AT_ONCE = 200, 5
_NOT_TAKEN = Outcome(taken=Taken.REFUSED, fault=Fault.NOT_A_READ)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resent:
    """How many reads or their pictures the peer has taken, and how many stay."""

    taken: int
    left: int


def resend(quarantine: Quarantine, peer: Peer, name: Organisation, at: datetime) -> Resent:
    """Offer what the peer called `name` did not take to it once more: reads first, because pictures need theirs."""
    aside = quarantine.all_of(name)
    with_pictures = [bool(glimpse_of(one.content).pictures) for one in aside]
    reads = [one for one, has in zip(aside, with_pictures, strict=True) if not has]
    pictures = [one for one, has in zip(aside, with_pictures, strict=True) if has]

    def push(contents: Sequence[bytes]) -> Future[bytes]:
        return peer.push_reads(push_of("again", contents, at))

    def push_pictures(contents: Sequence[bytes]) -> Future[bytes]:
        return peer.push_images(push_of_images("again", contents))

    taken = 0
    for kind, pushed, at_once in ((reads, push, _READS_AT_ONCE), (pictures, push_pictures, _PICTURES_AT_ONCE)):
        for begin in range(0, len(kind), at_once):
            some = kind[begin : begin + at_once]
            outcomes = _offered([one.content for one in some], pushed)
            gone: list[PutAside] = [one for one, said in zip(some, outcomes, strict=True) if said.fault is None]
            quarantine.remove(gone)
            taken += len(gone)
    return Resent(taken=taken, left=len(aside) - taken)


def _offered(contents: Sequence[bytes], push: Callable[[Sequence[bytes]], Future[bytes]]) -> list[Outcome]:
    try:
        return outcomes_in(push(contents).result(), len(contents))
    except BadInput:
        # the peer stumbles over one of them: each alone
        return [_NOT_TAKEN] if len(contents) == 1 else [said for one in contents for said in _offered([one], push)]
