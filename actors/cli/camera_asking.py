"""What `anpr camera` asks for: the answers of an assessment, one by one or from a file, and the place of a camera."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config
from rich.console import Console
from rich.prompt import Prompt

from pipeline.access.cameras.questions import FACTORS, MATRIX, PLACES, SCREENING, exceptional_only
from pipeline.domain.camera import Case, Factor, PlaceType, Risk, Weighing, Weight
from pipeline.domain.read import Location
from pipeline.errors import BadInput

_MOST_NAMED = 10


def case_in(path: Path) -> Case:
    """Return the answers in the TOML file at `path`. Raises BadInput with every fault, quoting none of the answers."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{path}: cannot be read as TOML: {error}") from error
    try:
        return TypeAdapter(with_config(ConfigDict(extra="forbid"))(Case)).validate_python(told)
    except ValidationError as error:
        faults = [
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise BadInput("\n".join(f"{path}: {one}" for one in faults[:_MOST_NAMED])) from None


def blank() -> str:
    """Return a file of answers to be filled in."""
    places = "".join(f"#   {place.value:<16}{name}\n" for place, name in PLACES.items())
    factors = "".join(
        f'\n# {name}\n[need.{factor.value}]\nweight = ""              # none, some or pressing\nreason = ""\n'
        for factor, name in FACTORS.items()
    )
    questions = "".join(f'# {question}\n{key} = ""\n' for key, question in SCREENING.items())
    return (
        "# An impact assessment. All of it is published: do not say where the camera stands.\n"
        'purpose = ""             # what the camera is for\n'
        f"# What kind of place it looks at:\n{places}"
        'place = ""\n'
        "# Where the published matrix allows what is pressing exceptionally only: what makes this an exception?\n"
        'exception = ""\n'
        f"{factors}\n[screening]\n{questions}"
        '\n# One of these for every risk to the rights and freedoms of people\n[[risks]]\nrisk = ""\nmitigation = ""\n'
    )


def asked_case(console: Console) -> Case:
    """Return the answers of whoever sits at the terminal."""
    if not sys.stdin.isatty():
        raise BadInput("nobody can be asked here: give --answers FILE (--blank prints one to fill in)")
    console.print("[bold]All answers are published: do not say where the camera stands.[/]\n")
    purpose = _text(console, "What is the camera for?")
    for place, name in PLACES.items():
        console.print(f"  {place.value:<16}{name}")
    place = PlaceType(Prompt.ask("What kind of place does it look at?", choices=[one.value for one in PlaceType]))
    need = {factor: _weighed(console, factor, place) for factor in FACTORS}
    case = Case(place=place, purpose=purpose, need=need, screening={}, risks=())
    exception = ""
    if exceptional_only(case):
        exception = _text(console, "The matrix allows this exceptionally only. What makes it an exception?")
    screening = {key: _text(console, question) for key, question in SCREENING.items()}
    risks = [_risk(console, "Which risk to the rights and freedoms of people does it bring?")]
    while Prompt.ask("Another risk?", choices=["y", "n"], default="n") == "y":
        risks.append(_risk(console, "Which?"))
    return Case(place=place, purpose=purpose, need=need, screening=screening, risks=tuple(risks), exception=exception)


def place_of(path: Path | None) -> Location:
    """Return the place in the file at `path`, or ask for it. What was given is never repeated."""
    try:
        if path is not None:
            told = path.read_text(encoding="utf-8")
        else:
            told = Prompt.ask("Latitude and longitude in degrees, as in 51.5 -0.1", password=sys.stdin.isatty())
        latitude, longitude = (float(one) for one in told.replace(",", " ").split())
    except (OSError, EOFError, UnicodeDecodeError, ValueError):
        raise BadInput("a place is two numbers, latitude and longitude in degrees, as in 51.5 -0.1") from None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise BadInput("latitude is within 90 degrees of 0, longitude within 180")
    return Location(latitude=latitude, longitude=longitude)


def _weighed(console: Console, factor: Factor, place: PlaceType) -> Weighing:
    says = MATRIX[place][factor].value
    console.print(f"\n[bold]{FACTORS[factor]}[/]: the published matrix says of such a place: {says}")
    weight = Weight(Prompt.ask("How much does it speak for the camera?", choices=[one.value for one in Weight]))
    return Weighing(weight=weight, reason=_text(console, "Why?"))


def _risk(console: Console, question: str) -> Risk:
    return Risk(risk=_text(console, question), mitigation=_text(console, "What is done about it?"))


def _text(console: Console, question: str) -> str:
    text = ""
    while not text.strip():
        text = Prompt.ask(f"\n{question}", console=console)
    return text
