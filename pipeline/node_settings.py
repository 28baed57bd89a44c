"""Settings of the node as a whole, which no stage uses: where Ray runs, and where the node is watched."""

from __future__ import annotations

from dataclasses import dataclass

_LEAST_OBJECT_STORE = 80
"""Mebibytes; Ray refuses less than 75 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSettings:
    """Where Ray runs and what each actor reserves.

    An empty address starts a local Ray on this machine; with one ("auto" is the cluster this machine belongs to) every
    node of it that has room runs cameras.
    """

    address: str = ""
    object_store_mebibytes: int = 512
    camera_cpus: float = 0.1
    inference_cpus: float = 1.0
    inference_gpus: float = 0.0
    service_cpus: float = 0.05
    """Reserved by each of journal, store, maintenance, matcher, alerts, audit and metrics."""
    heartbeat_file: str = ""
    """Touched by `anpr run` whenever it has looked at everything, for a probe that starts one anew that hangs; empty:
    none. systemd is told without (WatchdogSec)."""

    def __post_init__(self) -> None:
        if self.object_store_mebibytes < _LEAST_OBJECT_STORE:
            raise ValueError(f"object_store_mebibytes must be at least {_LEAST_OBJECT_STORE}")
        if min(self.camera_cpus, self.inference_cpus, self.inference_gpus, self.service_cpus) < 0:
            raise ValueError("what an actor reserves must not be negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsSettings:
    """The one Prometheus endpoint of a node. Port 0 takes any free port."""

    host: str = "127.0.0.1"
    port: int = 9464
    node: str = ""
    """What the node is called in metrics; empty: the machine's name. It must not give a place away."""
    ray_port: int = 0
    """Where Ray's own metrics answer, if `anpr run` starts Ray; 0: any free port. `ray start` is told by an option."""

    def __post_init__(self) -> None:
        for name, port in (("port", self.port), ("ray_port", self.ray_port)):
            if not 0 <= port <= 65535:
                raise ValueError(f"{name} must be 0 (any free one) to 65535")
