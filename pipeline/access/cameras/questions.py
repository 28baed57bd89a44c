"""What an assessment asks, and what the published justification matrix says.

The five factors are those that the force told its public. The matrix is appendix A of the government's guidance on the
development and review of ANPR infrastructure. The screening questions follow the principles of the Surveillance Camera
Code of Practice (pressing need, effect on privacy, openness, no more than needed) in words of our own: OPEN, a force
may have its own template.
"""

from __future__ import annotations

from pipeline.domain.camera import Case, Expectation, Factor, PlaceType, Weight

FACTORS = {
    Factor.NATIONAL_SECURITY: "National security and counter terrorism",
    Factor.SERIOUS_CRIME: "Serious, organised and major crime",
    Factor.LOCAL_CRIME: "Local crime patterns",
    Factor.CONFIDENCE: "Community confidence and reassurance",
    Factor.PREVENTION: "Crime prevention and detection",
}
PLACES = {
    PlaceType.STRATEGIC_ROAD: "the strategic road network",
    PlaceType.MAJOR_ROAD: "a local authority's major road",
    PlaceType.MINOR_ROAD: "a local authority's minor road",
    PlaceType.CROWDED_PLACE: "a crowded place",
    PlaceType.PRIVATE_SITE: "a private site, such as a forecourt",
}
SCREENING = {
    "alternatives": "What less intrusive means were considered, and why do they not suffice?",
    "duplication": "Which cameras exist already, and why do they not meet the need?",
    "fewest": "Why is this the smallest number of cameras that meets the need?",
    "people-affected": "Whose movements will be recorded though they have nothing to do with the need, and how many?",
    "sensitive-places": "Does it record who visits homes, places of worship, clinics, schools or the like?",
    "openness": "How do people learn that there is a camera, and whom can they ask or complain to?",
    "success": "By what will the review tell whether the camera has met the need?",
}
_V, _M, _E = Expectation.VERY_LIKELY, Expectation.MOST_CASES, Expectation.EXCEPTIONAL
_COLUMNS = (Factor.NATIONAL_SECURITY, Factor.SERIOUS_CRIME, Factor.LOCAL_CRIME, Factor.PREVENTION, Factor.CONFIDENCE)
MATRIX = {
    place: dict(zip(_COLUMNS, row, strict=True))
    for place, row in {
        PlaceType.STRATEGIC_ROAD: (_V, _V, _M, _E, _E),
        PlaceType.MAJOR_ROAD: (_V, _V, _M, _E, _E),
        PlaceType.MINOR_ROAD: (_V, _M, _M, _E, _E),
        PlaceType.CROWDED_PLACE: (_V, _M, _M, _E, _E),
        PlaceType.PRIVATE_SITE: (_M, _E, _E, _E, _E),
    }.items()
}


def pressing(case: Case) -> list[Factor]:
    """Return the factors under which the need is said to be pressing."""
    return [factor for factor in Factor if factor in case.need and case.need[factor].weight is Weight.PRESSING]


def exceptional_only(case: Case) -> bool:
    """Tell whether all that is pressing lies in cells of the matrix that want an exception."""
    return all(MATRIX[case.place][factor] is Expectation.EXCEPTIONAL for factor in pressing(case))
