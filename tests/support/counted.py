"""What this process has counted so far."""

from __future__ import annotations

from prometheus_client import REGISTRY


def counted(series: str, **labels: str) -> float:
    """Return the value of a series, 0 where there is none yet."""
    return REGISTRY.get_sample_value(series, labels) or 0.0
