"""A camera on Ray whose process is up before its clip begins: what is timed is the flow, not how a process starts."""

from __future__ import annotations

import importlib
from typing import Any

import ray

from actors.camera import CameraActor, CameraStatus, Neighbours
from pipeline.settings import Settings

_LOADED_BEFORE = ("pipeline.bootstrap_cameras", "pipeline.capture.source", "pipeline.flow", "pipeline.track.tracker")


class ReadyCamera:
    """A camera actor that begins its feed when it is run, not when it is made: loading a process is no part of it."""

    def __init__(self, *given: Any) -> None:
        self._given = given
        for name in _LOADED_BEFORE:
            importlib.import_module(name)

    def ready(self) -> None:
        """Return once the process is up."""

    def run(self) -> tuple[CameraStatus, list[float]]:
        """Run the clip to its end; return what was counted, and how late each read was."""
        camera = CameraActor(*self._given)
        camera.run()
        return camera.status(), camera.latencies()


def ready_camera(name: str, settings: Settings, neighbours: Neighbours) -> Any:
    """Return the camera called `name` of the settings, beside those neighbours; `ready` of it returns once it is up."""
    kind: Any = ray.remote(ReadyCamera)
    return kind.options(num_cpus=settings.cluster.camera_cpus).remote(name, settings, neighbours)
