"""Where the driver has the cameras that this node has counted, told by the node's endpoint, so that nobody misses one
here that runs elsewhere. Counts stay on a node for good: they cannot tell a camera whose actor has died from one that
has moved.

A node tells of its own cameras, whether they are placed here (1) or no longer (0); where one was before (0) is also
told by the node that runs it now, for a node that has died or left tells nothing. Of a camera that waits for a node
with room nobody tells: it is missed where it was.
"""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily, Metric

from actors.senders import THIS_MACHINE
from actors.status import LEFT, CameraLine, Status
from pipeline import looked_up
from pipeline.placement import NOWHERE

_FRAMES = "anpr_frames_total"


class PlacedCameras:
    """What the node called `own` has heard from its driver. One thread hears, others tell."""

    def __init__(self, own: str) -> None:
        self._own = own
        self._lines: dict[str, CameraLine] | None = None
        self._left: list[str] = []

    def hear(self, status: Status) -> None:
        self._lines = {one.camera: one for one in status.cameras}
        self._left = [one.node for one in status.nodes if one.state == LEFT]

    def told(self, counted: Iterable[Metric]) -> Metric:
        """Return the family of it; `counted` is what the node's processes have counted."""
        declared = looked_up.CAMERA_PLACED
        family = GaugeMetricFamily(declared.name, declared.documentation, labels=declared.labels)
        lines = self._lines
        if lines is None:
            return family
        known = {one.labels["camera"] for each in counted for one in each.samples if one.name == _FRAMES}
        for camera, line in lines.items():
            if line.node in (self._own, THIS_MACHINE):
                family.add_metric((camera, self._own), 1.0)
                for former in line.before:
                    family.add_metric((camera, former), 0.0)
            elif camera in known and line.node != NOWHERE:
                family.add_metric((camera, self._own), 0.0)
        for camera in known - set(lines):
            # it was taken out of the settings
            family.add_metric((camera, self._own), 0.0)
        return family

    def left(self) -> Metric:
        """Return the family of nodes that have left as they were asked to: nobody shall be called for one."""
        family = GaugeMetricFamily(
            looked_up.NODE_LEFT.name, looked_up.NODE_LEFT.documentation, labels=looked_up.NODE_LEFT.labels
        )
        for name in self._left:
            family.add_metric((name,), 1.0)
        return family
