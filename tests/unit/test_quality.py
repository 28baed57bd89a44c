"""What a camera's reads tell of it: how sure, of how many looks, and whether they look British."""

from __future__ import annotations

from dataclasses import replace

from prometheus_client import REGISTRY

from pipeline.domain.syntax import Syntax
from pipeline.quality import count_read
from tests.support.builders import a_record


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, {"camera": "quality", **labels}) or 0.0


def test_a_read_counts_as_sure_as_it_was_and_by_its_layout() -> None:
    read = a_record(1).read
    count_read("quality", replace(read, confidence=0.94, sighting_count=4, syntax=Syntax.CURRENT))
    count_read("quality", replace(read, confidence=0.51, sighting_count=1, syntax=Syntax.UNKNOWN))
    assert value("anpr_reads_total") == 2
    assert value("anpr_reads_by_syntax_total", syntax="unknown") == 1
    assert value("anpr_read_confidence_bucket", le="0.93") == 1
    assert value("anpr_read_confidence_bucket", le="0.95") == 2
    assert value("anpr_read_sightings_bucket", le="1.0") == 1
    assert value("anpr_read_sightings_sum") == 5
