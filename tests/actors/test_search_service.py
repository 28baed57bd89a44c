"""`SearchService` over a real port, a real store and a real audit log: a reason, an entitlement and a record of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from pipeline.domain.access import AuthorisationId, Permission, PersonId
from pipeline.domain.audit import AuditEntry, AuditEvent, AuditWriter, Outcome
from pipeline.domain.read import digest_of
from pipeline.domain.vrm import Vrm
from pipeline.settings import Settings
from protos.anpr.v1 import search_pb2
from tests.support.access import (
    ANALYST,
    CAMERA,
    DAY,
    KEEPER,
    MARK,
    NOW,
    OFFICER,
    PLACE,
    TYPIST,
    UNTRAINED,
    House,
    house,
    house_in,
    lake,
)  # fmt: skip
from tests.support.alert_service import code_of
from tests.support.builders import a_record
from tests.support.lake import store
from tests.support.people_services import HOSTILE, ages, asked, query, standing, streamed

__all__ = ["house", "lake"]
OK = grpc.StatusCode.OK


def test_a_page_tells_what_was_narrowed_away_and_by_which_rule(house: House) -> None:
    with standing(house) as services, services.as_person() as stubs:
        page = stubs.search.Search(asked()).page
        assert [round((NOW.timestamp() - one.captured_at.seconds) / 86400) for one in page.reads] == [89, 1]
        (left_out,) = page.narrowed
        assert left_out.rule == "authorisation"
        assert "senior officer" in left_out.reason
        assert left_out.end.ToDatetime(tzinfo=NOW.tzinfo) == NOW - 90 * DAY
        told = [one.event for one in services.entries() if one.event.request_id == page.request_id]
        assert [one.outcome for one in told] == [Outcome.NARROWED, Outcome.ANSWERED]
        assert told[1].result_count == 2


def test_where_fixed_cameras_stand_is_not_told_without_the_permission(house: House) -> None:
    seer = replace(ANALYST, person_id=PersonId("seer"), permissions=frozenset({Permission.CAMERA_LOCATIONS}))
    house.desk.people.put(seer, by=KEEPER.person_id, reason="answers for the cameras")
    with standing(house) as services:
        with services.as_person() as stubs:
            (one, *_) = stubs.search.Search(asked()).page.reads
            assert one.camera_id.startswith("camera-")
            assert one.coarse
            assert abs(one.location.latitude - PLACE.latitude) > 0.01
            (whole, *_) = stubs.search.GetReads(whole_of(asked())).reads
            assert CAMERA not in str(whole)
            assert whole.camera_id == one.camera_id
            assert whole.location == one.location
        with services.as_person(seer) as stubs:
            (one, *_) = stubs.search.Search(asked()).page.reads
            assert (one.camera_id, one.location.latitude, one.coarse) == (CAMERA, PLACE.latitude, False)


def whole_of(request: search_pb2.SearchRequest, *digests: str) -> search_pb2.GetReadsRequest:
    return search_pb2.GetReadsRequest(reason=request.reason, query=request.query, picture_digests=digests)


def test_a_picture_that_came_after_its_read_is_given_with_it(tmp_path: Path) -> None:
    late = b"\xff\xd8 late \xff\xd9"
    bare = a_record(1, patch=b"", overview=b"", vrm=Vrm(MARK), captured_at=NOW - DAY, received_at=NOW - DAY)
    came = replace(bare, read=replace(bare.read, patch_digest=digest_of(late)), patch=late, pictures_only=True)
    store(Settings().store.url_in(str(tmp_path / "lake")), [bare, came])
    with house_in(tmp_path, tmp_path / "lake") as house, standing(house) as services, services.as_person() as stubs:
        (read,) = stubs.search.GetReads(whole_of(asked())).reads
        assert (read.patch_digest, read.overview_digest) == (digest_of(late), digest_of(b""))
        given = stubs.search.GetReads(whole_of(asked(), read.patch_digest)).pictures
        assert [one.jpeg for one in given] == [late]


def test_pages_go_on_with_their_token_and_a_stream_gives_the_same(house: House) -> None:
    house.authorised()
    with standing(house) as services, services.as_person() as stubs:
        pages, token = [], ""
        while not pages or token:
            pages.append(stubs.search.Search(asked("a1", page_size=2, page_token=token)))
            token = pages[-1].page.next_page_token
        assert ages(pages) == [364, 181, 179, 91, 89, 1]
        assert len({one.page.request_id for one in pages}) == 1
        together = list(stubs.search.StreamSearch(streamed(asked("a1", page_size=2))))
        assert ages(together) == ages(pages)
        forged = [token + "x" for token in (pages[0].page.next_page_token, "a.b", "ab")]
        for token in forged:
            assert code_of(lambda at=token: stubs.search.Search(asked("a1", page_token=at))) is (
                grpc.StatusCode.INVALID_ARGUMENT
            )
        # a token is good for its own query alone
        other = asked("a1", of=query(end=NOW - DAY), page_token=pages[0].page.next_page_token)
        assert code_of(lambda: stubs.search.Search(other)) is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"reason": {"justification": "because"}}, "justification"),
        ({"reason": {"purpose": ""}}, "justification"),
        ({"reason": {"category": "curiosity"}}, "category"),
        ({"of": query(marks=[])}, "breadth"),
    ],
)
def test_what_the_policy_refuses_is_refused_by_name_and_written_down_once(
    house: House, change: dict[str, object], rule: str
) -> None:
    with standing(house) as services, services.as_person() as stubs:
        with pytest.raises(grpc.RpcError) as raised:
            stubs.search.Search(asked(**change))  # type: ignore[arg-type]
        assert raised.value.code() is grpc.StatusCode.PERMISSION_DENIED  # type: ignore[attr-defined]
        assert raised.value.details().startswith(f"{rule}: ")  # type: ignore[attr-defined]
        refused = [one.event.rule for one in services.entries() if one.event.outcome is Outcome.REFUSED]
        assert refused == [rule]


@pytest.mark.parametrize("person", [UNTRAINED, TYPIST])
def test_who_may_not_look_is_given_nothing_over_any_method(house: House, person: object) -> None:
    with standing(house) as services, services.as_person(person) as stubs:  # type: ignore[arg-type]
        for call in (
            lambda: stubs.search.Search(asked()),
            lambda: list(stubs.search.StreamSearch(streamed(asked()))),
            lambda: stubs.search.GetReads(whole_of(asked())),
        ):
            assert code_of(call) is grpc.StatusCode.PERMISSION_DENIED


def test_pictures_come_by_digest_of_reads_that_are_given_and_are_written_down(house: House) -> None:
    with standing(house) as services, services.as_person() as stubs:
        answer = stubs.search.GetReads(whole_of(asked()))
        (first, *_) = answer.reads
        given = stubs.search.GetReads(whole_of(asked(), first.patch_digest, first.overview_digest))
        assert {digest_of(one.jpeg) for one in given.pictures} == {first.patch_digest, first.overview_digest}
        told = [one.event for one in services.entries() if one.event.request_id == given.request_id]
        assert told[-1].details["pictures"] == "2"
        # of a read that is too old, and of none at all
        closed = query(begin=NOW - 400 * DAY, end=NOW - 100 * DAY)
        assert code_of(lambda: stubs.search.GetReads(whole_of(asked(of=closed), first.patch_digest))) is (
            grpc.StatusCode.PERMISSION_DENIED
        )
        assert code_of(lambda: stubs.search.GetReads(whole_of(asked(), "0" * 64))) is grpc.StatusCode.NOT_FOUND


class AfterAnAnswer:
    """The audit log, and something that happens once a page was announced as given: in the middle of a stream."""

    def __init__(self, audit: AuditWriter, happens: Callable[[], object]) -> None:
        self._audit, self._happens = audit, happens

    def append(self, events: list[AuditEvent]) -> list[AuditEntry]:
        entries = self._audit.append(events)
        if any(one.outcome is Outcome.ANSWERED for one in events):
            happens, self._happens = self._happens, lambda: None
            happens()
        return entries


def test_an_authorisation_revoked_in_the_middle_of_a_stream_closes_the_rest(house: House) -> None:
    house.authorised()

    def revoke() -> None:
        officer = house.desk.who(house.token(OFFICER))
        house.desk.authorisations.revoke(AuthorisationId("a1"), by=officer, reason="the case is closed")

    meanwhile = AfterAnAnswer(house.desk.audit, revoke)
    with standing(house, audit=meanwhile) as services, services.as_person() as stubs:
        pages = list(stubs.search.StreamSearch(streamed(asked("a1", page_size=1))))
        assert ages(pages) == [364, 89, 1]
        assert not [one for one in pages[0].page.narrowed if one.rule == "authorisation"]
        assert [one.rule for one in pages[-1].page.narrowed] == ["authorisation"]


def test_a_read_that_grows_too_old_in_the_middle_of_a_stream_is_not_given(house: House) -> None:
    meanwhile = AfterAnAnswer(house.desk.audit, lambda: house.clock.advance(2 * 86400))
    newest_first = query(order=search_pb2.SEARCH_ORDER_NEWEST_FIRST)
    with standing(house, audit=meanwhile) as services, services.as_person() as stubs:
        pages = list(stubs.search.StreamSearch(streamed(asked(of=newest_first, page_size=1))))
        assert ages(pages) == [1]


def test_a_suspension_ends_a_stream_at_its_next_page(house: House) -> None:
    house.authorised()

    def suspend() -> None:
        house.desk.people.put(replace(ANALYST, suspended=True), by=KEEPER.person_id, reason="under investigation")

    meanwhile = AfterAnAnswer(house.desk.audit, suspend)
    with standing(house, audit=meanwhile) as services, services.as_person() as stubs:
        stream = stubs.search.StreamSearch(streamed(asked("a1", page_size=1)))
        assert ages([next(stream)]) == [364]
        assert code_of(lambda: next(stream)) is grpc.StatusCode.PERMISSION_DENIED


FREE = ("purpose", "reference", "justification", "authorisation")


def test_hostile_texts_in_every_field_find_nothing_and_break_nothing(house: House) -> None:
    with standing(house) as services, services.as_person() as stubs:
        for text in HOSTILE:
            for name, request in carrying(text).items():
                call = stubs.search.Search.future(request)
                refused = call.exception() is not None
                assert call.code() in (OK, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.PERMISSION_DENIED), name
                assert text not in call.details(), name
                # purpose, reference and the like are free text, the query beside them is a lawful one
                assert refused or name in FREE or not call.result().page.reads, name
        assert ages([stubs.search.Search(asked())]) == [89, 1]


def carrying(text: str) -> dict[str, search_pb2.SearchRequest]:
    """A request for each field that takes a text."""
    return {
        **{name: asked(reason={name: text}) for name in ("purpose", "category", "reference", "justification")},
        "authorisation": asked(text),
        "camera": asked(of=query(cameras=[text])),
        "token": asked(page_token=text),
        "mark": asked(of=query(marks=[text])),
        "pattern": asked(of=query(marks=[text], matching=search_pb2.MATCHING_PARTIAL)),
    }
