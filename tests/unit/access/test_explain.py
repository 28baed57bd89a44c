from __future__ import annotations

from pipeline.access.explain import explained
from pipeline.access.settings import AccessSettings, CategoryRule, GuardSettings
from pipeline.domain.access import Grade


def _paragraph(name: str, rule: CategoryRule) -> str:
    return next(one for one in explained(AccessSettings(categories={name: rule})) if one.startswith(f"{name}:"))


def test_every_row_of_the_table_is_told_with_its_figures() -> None:
    rule = CategoryRule(
        roles=("a-role",), days=11, authorised_days=222, authoriser=Grade.CHIEF_INSPECTOR, authority_days=33
    )
    told = _paragraph("major", rule)
    for figure in ("a-role", "11 days", "222 days", "chief-inspector", "33 days"):
        assert figure in told


def test_a_row_that_no_authorisation_opens_says_so() -> None:
    assert "no authorisation opens them" in _paragraph("road-safety", CategoryRule(roles=("a-role",)))


def test_a_row_for_nobody_says_so() -> None:
    assert "for nobody" in _paragraph("major", CategoryRule(roles=()))


def test_the_limits_of_requests_are_told_with_their_figures() -> None:
    guards = GuardSettings(
        characters=21, different_words=5, same_text_for_references=6, marks=51, known_characters=7, anybody_hours=8.5,
        requests=99, per_seconds=600,
    )  # fmt: skip
    told = " ".join(explained(AccessSettings(guards=guards)))
    for figure in ("21 char", "5 diff", "6 ref", "51 marks", "7 known", "8.5 hours", "99 requests in 10 minutes"):
        assert figure in told
