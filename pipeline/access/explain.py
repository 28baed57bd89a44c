"""The policy in plain words, for whoever has to decide on it, live by it or answer for it."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.access.settings import AccessSettings, CategoryRule


def explained(settings: AccessSettings) -> Iterator[str]:
    """Yield the policy as paragraphs, one for each category, then what holds for all."""
    yield (
        "Nobody sees a read unless a rule below says so. Whoever asks is registered, not suspended, and has valid "
        "training; every request gives a purpose, a category, a reference and a justification, and is written to the "
        "audit log before the first read is shown. Ages count from capture to the moment of the answer."
    )
    for name, rule in settings.categories.items():
        yield f"{name}: {_of(rule)}"
    yield f"Any other category: refused. {_guards(settings)}"
    yield (
        "Where fixed cameras stand is shown only to people with the permission camera-locations. To all others a "
        f"camera has an opaque name and stands somewhere in a square of {settings.coarse_degrees:g} degrees, and they "
        "search areas by whole such squares."
    )


def _of(rule: CategoryRule) -> str:
    if not rule.roles:
        return "for nobody: no role is named."
    whom = f"for the roles {', '.join(rule.roles)}."
    free = f"Reads of up to {rule.days} days are open to them." if rule.days else "No read is open without leave."
    if rule.authorised_days <= rule.days:
        return f"{whom} {free} Older ones are closed, and no authorisation opens them."
    return (
        f"{whom} {free} Reads of up to {rule.authorised_days} days need an authorisation, given by somebody else of "
        f"grade {rule.authoriser.value} or above for named marks, areas or cameras and a period of capture; it ends "
        f"{rule.authority_days} days after it was given, or when it is revoked. Older ones are closed."
    )


def _guards(settings: AccessSettings) -> str:
    guards = settings.guards
    return (
        f"A justification has at least {guards.characters} characters and {guards.different_words} different words; "
        f"the same one is not accepted for more than {guards.same_text_for_references} references. A query names at "
        f"most {guards.marks} marks, a partial mark has at least {guards.known_characters} known characters, and a "
        f"query that names no mark names cameras or an area and spans at most {guards.anybody_hours:g} hours. A person "
        f"makes at most {guards.requests} requests in {guards.per_seconds / 60:g} minutes."
    )
