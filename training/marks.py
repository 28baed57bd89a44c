"""Random marks in realistic proportions: British syntaxes first, then the other European ones seen on British roads.

A mark is given as groups of characters; the space or dash between groups is the plate's affair. Layouts are those of
SI 2001/561 Sch. 3 and of the national series named beside each function; letters a series never uses are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

_DIGITS = "0123456789"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_WITHOUT_IQ = "ABCDEFGHJKLMNOPRSTUVWXYZ"
_WITHOUT_Q = "ABCDEFGHIJKLMNOPRSTUVWXYZ"
_AREA = "ABCDEFGHJKLMNOPRSTUVWXY"
_AGE = "ABCDEFGHJKLMNPRSTVWXY"
_DUTCH, _LATIN = "BDFGHJKLNPRSTVXZ", "ABCDEFGHJKLMNPRSTVWXYZ"
COUNTIES = "ABAGARBCBHBNBRBTBVBZCJCLCSCTCVDBDJGJGLGRHDHRIFILISMHMMMSNTOTPHSBSJSMSVTLTMTRVLVNVS"
"""The two-letter signs of Romania's counties, one after another."""

Groups = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A mark as its groups; `country` is the distinguishing sign, `kind` names the series."""

    groups: Groups
    country: str
    kind: str

    @property
    def text(self) -> str:
        return "".join(self.groups)


def random_british_mark(rng: np.random.Generator) -> Mark:
    """Return a British mark; 56 in 100 are current, fewer than on the road, so that rare series are learnt."""
    kinds = tuple(_BRITISH)
    weights = np.array([_BRITISH[kind][0] for kind in kinds])
    kind = kinds[rng.choice(len(kinds), p=weights / weights.sum())]
    return Mark(groups=_BRITISH[kind][1](rng), country="GB", kind=kind)


def random_foreign_mark(rng: np.random.Generator, country: str | None = None) -> Mark:
    """Return a mark of `country`, or of one drawn by weight."""
    countries = tuple(_FOREIGN)
    if country is None:
        weights = np.array([_FOREIGN[name][0] for name in countries])
        country = countries[rng.choice(len(countries), p=weights / weights.sum())]
    return Mark(groups=_FOREIGN[country][1](rng), country=country, kind=country)


def _some(rng: np.random.Generator, alphabet: str, count: int) -> str:
    return "".join(alphabet[i] for i in rng.integers(0, len(alphabet), count))


def _number(rng: np.random.Generator, most: int) -> str:
    """Return a number of 1 to `most` digits without a leading zero; long ones are commoner."""
    count = int(rng.choice(np.arange(1, most + 1), p=np.arange(1, most + 1) / np.arange(1, most + 1).sum()))
    return _some(rng, _DIGITS[1:], 1) + _some(rng, _DIGITS, count - 1)


def _between(rng: np.random.Generator, fewest: int, most: int) -> int:
    return int(rng.integers(fewest, most + 1))


def _current(rng: np.random.Generator) -> Groups:
    year = _between(rng, 1, 26) if rng.random() < 0.85 else _between(rng, 1, 49)
    age = year + 50 * int(rng.integers(0, 2))
    return _some(rng, _AREA, 2) + f"{age:02d}", _some(rng, _WITHOUT_IQ, 3)


def _prefix(rng: np.random.Generator) -> Groups:
    return _some(rng, _AGE, 1) + _number(rng, 3), _some(rng, _WITHOUT_IQ, 3)


def _suffix(rng: np.random.Generator) -> Groups:
    return _some(rng, _WITHOUT_IQ, 3), _number(rng, 3) + _some(rng, _AGE, 1)


def _dateless(rng: np.random.Generator) -> Groups:
    if rng.random() < 0.5:
        letters = _some(rng, _WITHOUT_IQ, _between(rng, 1, 3))
        return letters, _number(rng, 3 if len(letters) == 3 else 4)
    letters = _some(rng, _WITHOUT_IQ, _between(rng, 1, 3))
    return _number(rng, 3 if len(letters) == 3 else 4), letters


def _cherished(rng: np.random.Generator) -> Groups:
    """Marks chosen for what they spell: short, with many O, ones and zeros; these series never had an I."""
    word = _some(rng, "AEOU", 1) + _some(rng, "BDGLMNRST", 2) if rng.random() < 0.5 else _some(rng, _WITHOUT_IQ, 3)
    number = str(rng.choice(["1", "2", "3", "5", "7", "10", "11", "50", "88", "100", "111", "500", "777", "911"]))
    return (_some(rng, _AGE, 1) + number, word) if rng.random() < 0.6 else (word, number)


def _northern_ireland(rng: np.random.Generator) -> Groups:
    first = _some(rng, _WITHOUT_Q, 1)
    return first + (
        _some(rng, _WITHOUT_Q, 1) + "Z" if rng.random() < 0.6 else "I" + _some(rng, _WITHOUT_Q, 1)
    ), _number(rng, 4)


def _q(rng: np.random.Generator) -> Groups:
    return "Q" + _number(rng, 3), _some(rng, _WITHOUT_IQ, 3)


def _diplomatic(rng: np.random.Generator) -> Groups:
    return f"{_between(rng, 101, 350)}", _some(rng, "DX", 1), f"{_between(rng, 101, 999)}"


def _military(rng: np.random.Generator) -> Groups:
    return _some(rng, _LETTERS, 2), _some(rng, _DIGITS, 2), _some(rng, _LETTERS, 2)


def _trade(rng: np.random.Generator) -> Groups:
    """Three digits and the office's letters before 2015, five digits since."""
    if rng.random() < 0.5:
        return (_some(rng, _DIGITS, 5),)
    return _some(rng, _DIGITS, 3), _some(rng, _WITHOUT_IQ, _between(rng, 1, 2))


def _islands(rng: np.random.Generator) -> Groups:
    """Jersey, Guernsey (digits alone), Man (with a letter in front or behind in some series)."""
    island = rng.random()
    if island < 0.4:
        return ("J" + _number(rng, 6),)
    if island < 0.6:
        return (_number(rng, 5),)
    if island < 0.8:
        return "MN" if rng.random() < 0.5 else "MAN", _number(rng, 4)
    return _some(rng, _AGE, 1) + "MN", _number(rng, 3) + (_some(rng, _AGE, 1) if rng.random() < 0.3 else "")


def respaced(rng: np.random.Generator, mark: Mark) -> Mark:
    """Return `mark` with its spaces where they do not belong, so that it may spell something."""
    cuts = sorted({_between(rng, 1, len(mark.text) - 1) for _ in range(_between(rng, 1, 2))}) if mark.text[1:] else []
    edges = [0, *cuts, len(mark.text)]
    groups = tuple(mark.text[start:end] for start, end in pairwise(edges))
    return Mark(groups=groups, country=mark.country, kind=mark.kind)


def doubled(rng: np.random.Generator, mark: Mark) -> Mark:
    """Return `mark` with one of its characters like the one before it, where both are letters or both are digits.

    Drawn evenly such pairs are rare, and two characters run together on a narrow plate are the hardest for CTC.
    """
    places = [(group, place) for group, text in enumerate(mark.groups) for place in range(1, len(text))
              if text[place].isdigit() == text[place - 1].isdigit()]  # fmt: skip
    if not places:
        return mark
    group, place = places[int(rng.integers(0, len(places)))]
    text = mark.groups[group]
    changed = text[:place] + text[place - 1] + text[place + 1 :]
    return replace(mark, groups=(*mark.groups[:group], changed, *mark.groups[group + 1 :]))


def _any(rng: np.random.Generator) -> Groups:
    """No series at all: keeps the reader from trusting syntax more than ink."""
    return tuple(_some(rng, _LETTERS + _DIGITS, _between(rng, 2, 4)) for _ in range(2))


_BRITISH: dict[str, tuple[float, Callable[[np.random.Generator], Groups]]] = {
    "current": (58, _current),
    "prefix": (11, _prefix),
    "suffix": (5, _suffix),
    "dateless": (6, _dateless),
    "cherished": (7, _cherished),
    "northern-ireland": (4, _northern_ireland),
    "q": (3.5, _q),
    "diplomatic": (1, _diplomatic),
    "military": (1.5, _military),
    "trade": (1.2, _trade),
    "islands": (1.5, _islands),
    "any": (4, _any),
}


def _dutch(rng: np.random.Generator) -> Groups:
    """Sidecodes 1 to 11 of the Dutch series, also the ones before the present alphabet."""
    sidecode = str(
        rng.choice(["LL99LL", "99LLLL", "99LLL9", "9LLL99", "LL999L", "L999LL", "LLLL99", "LL9999", "99LL99", "9999LL"])
    )
    cuts = {
        "99LLL9": (2, 5),
        "9LLL99": (1, 4),
        "LL999L": (2, 5),
        "L999LL": (1, 4),
    }.get(sidecode, (2, 4))
    text = _filled(rng, sidecode, _DUTCH)
    return text[: cuts[0]], text[cuts[0] : cuts[1]], text[cuts[1] :]


def _filled(rng: np.random.Generator, layout: str, letters: str = _WITHOUT_Q) -> str:
    return "".join(_some(rng, letters if sign == "L" else _DIGITS, 1) if sign in "L9" else sign for sign in layout)


def _series(*layouts: str, letters: str = _WITHOUT_Q) -> Callable[[np.random.Generator], Groups]:
    """Return a drawer of one of `layouts`: L is a letter, 9 a digit, a space parts groups."""

    def drawn(rng: np.random.Generator) -> Groups:
        return tuple(_filled(rng, str(rng.choice(list(layouts))), letters).split(" "))

    return drawn


def _german(rng: np.random.Generator) -> Groups:
    town = _some(rng, _WITHOUT_Q, _between(rng, 1, 3))
    return town, _some(rng, _WITHOUT_Q, _between(rng, 1, 2)), _number(rng, 4)


def _romanian(rng: np.random.Generator) -> Groups:
    if rng.random() < 0.3:
        return "B", _some(rng, _DIGITS, _between(rng, 2, 3)), _some(rng, _WITHOUT_Q, 3)
    county = COUNTIES[_between(rng, 0, len(COUNTIES) // 2 - 1) * 2 :][:2]
    return county, _some(rng, _DIGITS, 2), _some(rng, _WITHOUT_Q, 3)


_FOREIGN: dict[str, tuple[float, Callable[[np.random.Generator], Groups]]] = {
    "NL": (24, _dutch),
    "PL": (
        14,
        _series("LL 99999", "LL 9999L", "LL 999LL", "LLL L999", "LLL 99LL", "LLL 9L99", "LLL 99999", "LLL LL99"),
    ),
    "SK": (12, _series("LL 999LL")),
    "CZ": (12, _series("9L9 9999", "9LL 9999")),
    "D": (11, _german),
    "F": (10, _series("LL 999 LL", "LL 999 LL", "9999 LL 99", "999 LLL 99", letters=_LATIN)),
    "B": (7, _series("9 LLL 999", "9 LLL 999", "LLL 999", "999 LLL")),
    "RO": (9, _romanian),
    "I": (4, _series("LL 999LL", letters=_LATIN)),
    "IRL": (3, _series("99 L 9999", "999 L 9999", "999 LL 999", "99 L 99999")),
    "E": (3, _series("9999 LLL", letters=_DUTCH + "CMWY")),
    "H": (3, _series("LLL 999", "LLLL 999")),
    "L": (2, _series("LL 9999")),
    "LT": (2, _series("LLL 999")),
    "A": (2, _series("L 99999 L", "LL 999 LL")),
}
