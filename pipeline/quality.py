"""How good the reads of a camera are, as metrics: what an engineer sees before anybody complains.

Misreads need ground truth and are not told here. A camera that has moved, got dirty or lost its light shows in how sure
the reader is, in how many sightings a read has, and in marks that fit no British layout.
On failure: nothing here fails.
"""

from __future__ import annotations

from pipeline import metrics
from pipeline.domain.read import Read


def count_read(camera: str, read: Read) -> None:
    """Count one durable read of `camera`, as metrics call it."""
    metrics.READS.labels(camera).inc()
    metrics.READS_BY_SYNTAX.labels(camera, read.syntax.value).inc()
    metrics.READ_CONFIDENCE.labels(camera).observe(read.confidence)
    metrics.READ_SIGHTINGS.labels(camera).observe(read.sighting_count)
