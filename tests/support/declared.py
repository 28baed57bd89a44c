"""Which metrics there are, and which ones a query asks for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.utils import floatToGoString

from pipeline import looked_up, metrics

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = sorted((DEPLOY / "prometheus" / "rules").glob("*.yml"))
_OURS = re.compile(r"\banpr[a-z0-9_:]*")


def declared_series() -> set[str]:
    """Return the name of every series that the declared metrics make."""
    return {series for several in series_by_metric().values() for series in several}


def series_by_metric() -> dict[str, set[str]]:
    """Return the names of the series that each declared metric makes."""
    names: dict[str, set[str]] = {}
    for one in (*vars(metrics).values(), *vars(looked_up).values()):
        if isinstance(one, looked_up.LookedUp):
            names[one.name] = {one.name}
        elif isinstance(one, Counter):
            names[one._name] = {f"{one._name}_total"}
        elif isinstance(one, Histogram):
            names[one._name] = {f"{one._name}_{part}" for part in ("bucket", "count", "sum")}
        elif isinstance(one, Gauge):
            names[one._name] = {one._name}
    return names


def labels_by_metric() -> dict[str, tuple[str, ...]]:
    """Return the labels of each declared metric, by its name."""
    every = (*vars(metrics).values(), *vars(looked_up).values())
    counted = {one._name: tuple(one._labelnames) for one in every if isinstance(one, Counter | Gauge | Histogram)}
    return counted | {one.name: one.labels for one in every if isinstance(one, looked_up.LookedUp)}


def buckets_of(name: str) -> set[str]:
    """Return the edges of a histogram as Prometheus writes them; none where `name` is no histogram of ours."""
    found = [one for one in vars(metrics).values() if isinstance(one, Histogram) and one._name == name]
    return {floatToGoString(edge) for one in found for edge in one._kwargs["buckets"]}


def rules() -> list[dict[str, Any]]:
    """Return every rule of every file."""
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in RULES]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


def recorded_series() -> set[str]:
    """Return the name of every series that a recording rule makes."""
    return {rule["record"] for rule in rules() if "record" in rule}


def asked_in(query: str) -> set[str]:
    """Return the names in `query` that look like ours."""
    # what stands in quotes is the value of a label
    return set(_OURS.findall(re.sub(r'"[^"]*"', '""', query)))


def undeclared_in(query: str) -> set[str]:
    """Return the names in `query` that look like ours and that nothing makes."""
    return asked_in(query) - declared_series() - recorded_series()
