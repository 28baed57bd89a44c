from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pipeline.access.policy import Policy
from pipeline.access.settings import AccessSettings, CategoryRule
from pipeline.domain.access import AuthorisationState, Category, Grade, Grant, Refusal, Span
from pipeline.domain.plate import CameraId
from pipeline.domain.query import Area, Query, exact
from tests.unit.access.stand import DAY, GOOD, MARK, NOW, request

SECOND = timedelta(seconds=1)
POLICY = Policy(AccessSettings().categories)
AUTHORISED = replace(GOOD, decider_grade=Grade.SUPERINTENDENT)


def _over(begin: datetime, end: datetime) -> Query:
    return replace(request().query, begin=begin, end=end)


def _granted(category: str, authorised: bool = True, **changes: object) -> Grant:
    asked = replace(request(category=category), **changes)  # type: ignore[arg-type]
    decision = POLICY.decide(asked, AUTHORISED if authorised else None, NOW)
    assert isinstance(decision, Grant)
    return decision


def test_a_read_is_ninety_days_old_to_the_second() -> None:
    grant = _granted("major", authorised=False)
    assert NOW - 90 * DAY in grant.freely
    assert NOW - 90 * DAY - SECOND not in grant.freely


def test_what_is_narrowed_away_is_told_with_the_rule_that_did_it() -> None:
    [narrowing] = _granted("major", authorised=False).narrowed
    assert narrowing.away == Span(begin=NOW - 400 * DAY, end=NOW - 90 * DAY)
    assert narrowing.rule == "authorisation"
    assert "senior officer" in narrowing.reason


def test_an_authorised_span_is_given_beside_the_free_one_and_the_gap_between_is_told() -> None:
    period = Span(begin=NOW - 300 * DAY, end=NOW - 200 * DAY)
    decision = POLICY.decide(request(), replace(AUTHORISED, period=period), NOW)
    assert isinstance(decision, Grant)
    assert decision.spans == (period, Span(begin=NOW - 90 * DAY, end=NOW))
    assert [one.away for one in decision.narrowed] == [
        Span(begin=NOW - 400 * DAY, end=period.begin),
        Span(begin=period.end, end=NOW - 90 * DAY),
    ]


def test_a_query_of_old_reads_alone_is_refused_without_an_authorisation() -> None:
    asked = replace(request(), query=_over(NOW - 200 * DAY, NOW - 100 * DAY))
    decision = POLICY.decide(asked, None, NOW)
    assert isinstance(decision, Refusal)
    assert decision.rule == "authorisation"


def test_a_search_of_everything_is_not_opened_by_an_authorisation_of_one_mark() -> None:
    assert not _granted("major", query=replace(_over(NOW - 200 * DAY, NOW), terms=())).authorised


def test_every_mark_that_is_searched_must_be_named() -> None:
    both = replace(_over(NOW - 200 * DAY, NOW), terms=(exact(MARK), exact("YY99YYY")))
    assert not _granted("major", query=both).authorised


def test_an_area_or_cameras_are_opened_by_an_authorisation_that_names_them() -> None:
    town = Area(south=51.0, west=-1.0, north=52.0, east=0.0)
    part = Area(south=51.2, west=-0.8, north=51.8, east=-0.2)
    county = Area(south=50.0, west=-2.0, north=53.0, east=1.0)
    named = replace(AUTHORISED, marks=frozenset(), areas=(town,), cameras=frozenset({CameraId("c1"), CameraId("c2")}))
    anything = replace(_over(NOW - 200 * DAY, NOW), terms=())
    for query, opened in (
        (replace(anything, area=town), True),
        (replace(anything, area=part), True),
        (replace(anything, area=county), False),
        (replace(anything, cameras=(CameraId("c1"),)), True),
        (replace(anything, cameras=(CameraId("c1"), CameraId("c3"))), False),
        (replace(anything, area=county, cameras=(CameraId("c2"),)), True),
        (anything, False),
    ):
        decision = POLICY.decide(replace(request(), query=query), named, NOW)
        assert isinstance(decision, Grant)
        assert bool(decision.authorised) == opened


def test_a_read_that_ages_past_the_limit_while_the_answer_streams_is_kept_back() -> None:
    grant = _granted("road-safety", authorised=False)
    captured_at = NOW - 90 * DAY
    assert POLICY.allows(grant, None, captured_at, NOW)
    assert not POLICY.allows(grant, None, captured_at, NOW + SECOND)


def test_a_revocation_while_the_answer_streams_ends_it() -> None:
    grant = _granted("major")
    captured_at = NOW - 200 * DAY
    assert POLICY.allows(grant, AUTHORISED, captured_at, NOW)
    revoked = replace(AUTHORISED, state=AuthorisationState.REVOKED, revoked_at=NOW)
    assert not POLICY.allows(grant, revoked, captured_at, NOW)
    assert POLICY.allows(grant, revoked, NOW - DAY, NOW)


def test_a_grant_allows_nothing_outside_what_was_asked() -> None:
    grant = _granted("major", query=_over(NOW - 20 * DAY, NOW - 10 * DAY))
    assert not POLICY.allows(grant, AUTHORISED, NOW - 5 * DAY, NOW)
    assert not POLICY.allows(grant, AUTHORISED, NOW - 25 * DAY, NOW)


def test_an_empty_table_denies_everything() -> None:
    for category in AccessSettings().categories:
        decision = Policy({}).decide(request(category=category), AUTHORISED, NOW)
        assert isinstance(decision, Refusal)
        assert decision.rule == "category"


def test_a_row_without_roles_is_for_nobody() -> None:
    decision = Policy({"major": CategoryRule(roles=())}).decide(request(), AUTHORISED, NOW)
    assert isinstance(decision, Refusal)
    assert decision.rule == "role"


@pytest.mark.parametrize(
    ("days", "authorised_days", "authority_days"),
    [(400, 0, 28), (-1, 0, 28), (90, 30, 28), (90, 400, 28), (90, 180, 0)],
)
def test_a_table_that_contradicts_itself_or_the_retention_is_refused(
    days: int, authorised_days: int, authority_days: int
) -> None:
    with pytest.raises(ValueError, match="must be"):
        CategoryRule(
            roles=("investigation",), days=days, authorised_days=authorised_days, authority_days=authority_days
        )


def test_no_decision_depends_on_a_category_that_was_not_asked_for() -> None:
    asked = replace(request(), category=Category("serious"))
    only_major = replace(AUTHORISED, categories=frozenset({Category("major")}))
    decision = POLICY.decide(asked, only_major, NOW)
    assert isinstance(decision, Grant)
    assert not decision.authorised
