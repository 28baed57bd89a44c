"""Questions to the record and their answers between the domain and their contract, `protos/anpr/v1/search.proto`.

On failure: BadInput for a message that misses what every question has or that this version does not know.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.domain.access import AuthorisationId, Category, Narrowing, Reason
from pipeline.domain.plate import CameraId
from pipeline.domain.query import Area, Ended, Found, Order, Query, Term, confusable, exact, partial
from pipeline.domain.read import Location
from pipeline.errors import BadInput
from pipeline.wire.hotlist_proto import stamp_of, time_of
from pipeline.wire.read_proto import enum_name
from protos.anpr.v1 import read_pb2, search_pb2

_TERMS = {
    search_pb2.MATCHING_EXACT: exact,
    search_pb2.MATCHING_PARTIAL: partial,
    search_pb2.MATCHING_CONFUSABLE: confusable,
}
_ORDERS = {
    search_pb2.SEARCH_ORDER_UNSPECIFIED: Order.NEWEST_FIRST,
    search_pb2.SEARCH_ORDER_NEWEST_FIRST: Order.NEWEST_FIRST,
    search_pb2.SEARCH_ORDER_OLDEST_FIRST: Order.OLDEST_FIRST,
}


def reason_of(message: search_pb2.AccessReason) -> Reason:
    """Return the reason that `message` gives, good or not."""
    return Reason(
        purpose=message.purpose,
        category=Category(message.category),
        reference=message.reference,
        justification=message.justification,
        authorisation_id=AuthorisationId(message.authorisation_id) if message.authorisation_id else None,
    )


def query_of(message: search_pb2.SearchQuery) -> Query:
    """Return the query that `message` spells. Raises BadInput."""
    if not message.HasField("begin") or not message.HasField("end"):
        raise BadInput("a query needs begin and end")
    if message.order not in _ORDERS:
        raise BadInput("the order is not one that this version knows")
    return Query(
        begin=time_of(message.begin),
        end=time_of(message.end),
        terms=tuple(_term_of(one) for one in message.terms),
        cameras=tuple(CameraId(one) for one in message.cameras),
        area=_area_of(message.area) if message.HasField("area") else None,
        order=_ORDERS[message.order],
    )


def message_of_query(query: Query) -> search_pb2.SearchQuery:
    """Return the message that spells `query`."""
    area = query.area
    return search_pb2.SearchQuery(
        begin=stamp_of(query.begin),
        end=stamp_of(query.end),
        terms=[
            search_pb2.SearchTerm(matching=enum_name("MATCHING", one.matching.value), text=one.text)
            for one in query.terms
        ],
        cameras=query.cameras,
        area=search_pb2.SearchArea(south=area.south, west=area.west, north=area.north, east=area.east)
        if area
        else None,
        order=enum_name("SEARCH_ORDER", query.order.value),
    )


def message_of_page(
    found: Sequence[Found],
    ended: Ended,
    narrowed: Sequence[Narrowing],
    *,
    kept_back: int,
    rule: str,
    request_id: str,
    next_page_token: str,
) -> search_pb2.SearchPage:
    """Return the message that says a page of an answer."""
    return search_pb2.SearchPage(
        reads=[_message_of_found(one) for one in found],
        ended=enum_name("SEARCH_END", ended.value),
        narrowed=[message_of_narrowing(one) for one in narrowed],
        kept_back=kept_back,
        rule=rule,
        request_id=request_id,
        next_page_token=next_page_token,
    )


def message_of_narrowing(one: Narrowing) -> search_pb2.Narrowing:
    """Return the message that says what is not given, and why."""
    return search_pb2.Narrowing(
        begin=stamp_of(one.away.begin), end=stamp_of(one.away.end), rule=one.rule, reason=one.reason
    )


def message_of_place(place: Location | None) -> read_pb2.Location | None:
    """Return the message that says `place`."""
    return read_pb2.Location(latitude=place.latitude, longitude=place.longitude) if place else None


def _message_of_found(one: Found) -> search_pb2.FoundRead:
    return search_pb2.FoundRead(
        vrm=one.vrm,
        captured_at=stamp_of(one.captured_at),
        camera_id=one.camera_id,
        location=message_of_place(one.location),
        coarse=one.coarse,
        text=one.text,
        rank=one.rank,
        probability=one.probability,
    )


def _term_of(message: search_pb2.SearchTerm) -> Term:
    make = _TERMS.get(message.matching)
    if make is None:
        raise BadInput("say how each mark is looked for: exact, partial or confusable")
    return make(message.text)


def _area_of(message: search_pb2.SearchArea) -> Area:
    return Area(south=message.south, west=message.west, north=message.north, east=message.east)
