"""Parts of revisions of hotlists between the domain and their contract, `protos/anpr/v1/national.proto`.

On failure: BadInput for a message that misses what every part has.
"""

from __future__ import annotations

from datetime import date

from pipeline.domain.hotlist import HotlistId, HotlistTerms, ListPart
from pipeline.domain.vrm import Vrm
from pipeline.errors import BadInput
from pipeline.wire.hotlist_proto import message_of_voi, stamp_of, time_of, voi_of
from protos.anpr.v1 import national_pb2


def message_of_part(part: ListPart) -> national_pb2.WatchHotlistsResponse:
    """Return the message that says `part`."""
    terms = part.terms
    return national_pb2.WatchHotlistsResponse(
        revision=part.revision,
        made_at=stamp_of(part.made_at),
        list=None
        if terms is None
        else national_pb2.DistributedList(
            hotlist_id=terms.hotlist_id,
            owner=terms.owner,
            purpose=terms.purpose,
            covert=terms.covert,
            visible_to=terms.visible_to,
            review_date=terms.review_date.isoformat() if terms.review_date else "",
        ),
        whole=part.whole,
        entries=[message_of_voi(one) for one in part.entries],
        removed=part.removed,
        last_of_revision=part.last_of_revision,
    )


def part_of(message: national_pb2.WatchHotlistsResponse) -> ListPart:
    """Return the part that `message` says. Raises BadInput."""
    if message.revision < 1 or not message.HasField("made_at"):
        raise BadInput("a part of a revision needs revision and made_at")
    said = message.list
    try:
        review = date.fromisoformat(said.review_date) if said.review_date else None
    except ValueError as error:
        raise BadInput("review_date is no day") from error
    terms = HotlistTerms(
        hotlist_id=HotlistId(said.hotlist_id),
        owner=said.owner,
        purpose=said.purpose,
        covert=said.covert,
        visible_to=tuple(said.visible_to),
        review_date=review,
    )
    return ListPart(
        revision=message.revision,
        made_at=time_of(message.made_at),
        terms=terms if message.HasField("list") else None,
        whole=message.whole,
        entries=tuple(voi_of(one) for one in message.entries),
        removed=tuple(Vrm(one) for one in message.removed),
        last_of_revision=message.last_of_revision,
    )
