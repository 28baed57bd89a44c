"""Taking reads out of quarantine: somebody has looked at them, and their times are to be taken as they are.

On failure: Unavailable with the rest left where it was; doing it again does no harm, because a read is kept once.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.domain.ports import EncodedJournal
from pipeline.domain.sharing import EncodedRecord, Organisation
from pipeline.share.intake import ODD_TIMES, key_of_picture
from pipeline.share.quarantine import Quarantine
from pipeline.wire.offers import glimpse_of

_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """How many reads became durable, and how many stay."""

    taken: int
    left: int


def release(quarantine: Quarantine, journal: EncodedJournal, sender: Organisation) -> Released:
    """Put the reads of `sender` that are aside for their times into the journal, and out of quarantine."""
    aside = quarantine.all_of(sender)
    chosen = [one for one in aside if one.fault in ODD_TIMES]
    for begin in range(0, len(chosen), _AT_ONCE):
        some = chosen[begin : begin + _AT_ONCE]
        records = [
            EncodedRecord(
                one.read_id,
                one.content,
                tuple(key_of_picture(one.read_id, kind) for kind in glimpse_of(one.content).pictures),
            )
            for one in some
        ]
        journal.append_encoded(records)
        quarantine.remove(some)
    return Released(taken=len(chosen), left=len(aside) - len(chosen))
