"""How a query is spelt in the audit log: one line of JSON, the same query always the same line."""

from __future__ import annotations

import json
from dataclasses import asdict

from pipeline.domain.query import Query, utc


def spelt(query: Query) -> str:
    """Return `query` as canonical JSON."""
    told = {
        "begin": utc(query.begin).isoformat(),
        "end": utc(query.end).isoformat(),
        "terms": [[term.matching.value, term.text] for term in query.terms],
        "cameras": list(query.cameras),
        "area": None if query.area is None else asdict(query.area),
        "order": query.order.value,
    }
    return json.dumps(told, sort_keys=True, separators=(",", ":"))
