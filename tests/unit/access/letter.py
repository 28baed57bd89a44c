"""What the force's letter to its public says about access, written down a second time and independently of the policy.

Each function is one sentence of the letter. Ages are days since collection.
"""

from __future__ import annotations

AFTER_NINETY_DAYS = ("priority-and-volume", "serious", "major", "counter-terrorism")
"""\"After 90 days only for priority & volume crime, serious, major or counter terrorism investigations\"."""
UP_TO_TWELVE_MONTHS = ("major", "counter-terrorism")
"""\"up to twelve months only for major investigations and counter terrorism\"."""
SENIOR = ("superintendent", "chief-superintendent", "chief-officer")
ALSO_SENIOR_FOR_VOLUME_CRIME = ("inspector", "chief-inspector")


def may_see(
    *,
    category: str,
    age_days: int,
    trained: bool,
    relevant: bool,
    suspended: bool,
    authority: str,
    authoriser: str,
    end_for_the_lower_two: int,
) -> bool:
    """Tell whether the letter lets a read of that age be seen. `authority` is "good" or what is wrong with it."""
    # "only officers and staff with appropriate training"
    if not trained or suspended:
        return False
    # "only if relevant to their role"
    if not relevant:
        return False
    # "normally for at most 90 days from collection"
    if age_days <= 90:
        return category in (*AFTER_NINETY_DAYS, "road-safety")
    if category not in AFTER_NINETY_DAYS:
        return False
    # "needs the authorisation of a senior officer"
    senior = authoriser in SENIOR or (category == "priority-and-volume" and authoriser in ALSO_SENIOR_FOR_VOLUME_CRIME)
    if authority != "good" or not senior:
        return False
    if category in UP_TO_TWELVE_MONTHS:
        return age_days <= 365
    return age_days <= end_for_the_lower_two
