"""What a node looks like from its driver now: for views, for `anpr status`, and for the driver's own decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import ray
from ray.exceptions import ActorUnschedulableError, ObjectLostError, RayActorError

from actors.camera import CameraStatus
from actors.matcher import SeenHit
from actors.senders import SenderStatus
from pipeline.errors import AnprError

GONE = (RayActorError, ActorUnschedulableError, ObjectLostError)
"""What Ray raises for an actor that is away; the second when its whole node is."""
_ANSWER_SECONDS = 2.0


@dataclass(slots=True, kw_only=True)
class Picture:
    """What the run looks like now, for a view to draw. A camera that does not answer keeps its last status."""

    cameras: dict[str, CameraStatus] = field(default_factory=dict)
    rates: dict[str, float] = field(default_factory=dict)
    """Frames a second since the last look, by camera."""
    ended: dict[str, str] = field(default_factory=dict)
    """Cameras and services whose work is over, and why; empty text where all went well."""
    senders: dict[str, SenderStatus] = field(default_factory=dict)
    """Cameras that read by themselves, by the names of their senders."""
    hits: list[SeenHit] = field(default_factory=list)
    journal_offset: int = 0
    store: tuple[int, int, str] = (0, 0, "")
    matcher: tuple[int, int, str] = (0, 0, "")
    alerts: tuple[int, int, str] = (0, 0, "")
    seconds: float = 0.0


def answers(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is answered of `asked`. Who is away, busy or in trouble is left out: a look must not stop a run."""
    if not asked:
        return {}
    done, _ = ray.wait(list(asked.values()), num_returns=len(asked), timeout=_ANSWER_SECONDS)
    given = {}
    for name, reference in asked.items():
        if reference in done:
            try:
                given[name] = ray.get(reference)
            except (*GONE, AnprError):
                continue
    return given
