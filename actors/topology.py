"""Every actor of a node and what it reserves: the one place that says what runs where.

One node holds one journal, one inference actor, the cameras whose frames it reads, a store tail with its maintenance,
the shards of the hotlists with their publisher, a matcher, the alerts with the node's services, the audit log's one
writer, the outbox to a national centre, the endpoint for cameras of other makers, and the metrics endpoint, packed onto
the same machine because frames never leave it.
"""

from __future__ import annotations

import logging
import os
import uuid
from dataclasses import dataclass
from typing import Any

import ray

from actors.alerts import AlertActor
from actors.audit import AuditActor
from actors.camera import CameraActor, Neighbours
from actors.counters import FOLDER_VARIABLE, counters_folder
from actors.hotlist import HotlistPublisher, HotlistShard
from actors.inference import InferenceActor
from actors.join import JoinActor
from actors.journal import JournalActor
from actors.maintenance import MaintenanceActor
from actors.matcher import MatcherActor
from actors.metrics import MetricsActor
from actors.outbox import OutboxActor
from actors.store import StoreActor
from pipeline.settings import Settings

_MEBIBYTE = 2**20
_CONCURRENT_APPENDS = 16
"""Appends that may wait in the journal actor together and share an fsync."""
_RUN_AND_STATUS = 4
"""Calls at once in an actor whose `run` lasts: the others ask for its status or stop it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Handles of one node's actors, by what they are."""

    cameras: dict[str, Any]
    inference: Any
    journal: Any
    store: Any
    maintenance: Any
    matcher: Any
    shards: tuple[Any, ...]
    publisher: Any
    alerts: Any
    audit: Any
    metrics: Any
    outbox: Any = None
    """None where the settings name no peer."""
    join: Any = None
    """None unless cameras of other makers may post here."""

    def sources(self) -> dict[str, Any]:
        """Return what reads come from: while one of them runs, the node does."""
        return dict(self.cameras) | ({"cameras of other makers": self.join} if self.join else {})

    def everyone(self) -> dict[str, Any]:
        """Return every actor by the name that `anpr_actor_starts` uses."""
        cameras = {f"camera-{name}": actor for name, actor in self.cameras.items()}
        shards = {f"hotlist-{number}": actor for number, actor in enumerate(self.shards)}
        services = {
            "inference": self.inference,
            "journal": self.journal,
            "store": self.store,
            "maintenance": self.maintenance,
            "matcher": self.matcher,
            "hotlist-publisher": self.publisher,
            "alerts": self.alerts,
            "audit": self.audit,
            "metrics": self.metrics,
        }
        services |= {name: one for name, one in (("outbox", self.outbox), ("join", self.join)) if one}
        return cameras | shards | services


def connect(settings: Settings) -> None:
    """Join the cluster of the settings, or start a local Ray with just enough for the settings' actors."""
    variables = {FOLDER_VARIABLE: str(counters_folder(os.getpid()))}
    if settings.cluster.address:
        ray.init(address=settings.cluster.address, runtime_env={"env_vars": variables}, log_to_driver=False)
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    # Ray runs its workers at niceness 15, behind everything else on the machine; frames come in real time
    os.environ.setdefault("RAY_worker_niceness", "0")
    ray.init(
        address="local",
        num_cpus=max(os.cpu_count() or 1, _reserved(settings)),
        include_dashboard=False,
        object_store_memory=settings.cluster.object_store_mebibytes * _MEBIBYTE,
        runtime_env={"env_vars": variables},
        logging_level=logging.ERROR,
        log_to_driver=False,
    )


def start_node(settings: Settings) -> Node:
    """Start the actors of one node. Returns once the models are loaded and the services answer."""
    cluster = settings.cluster
    service = cluster.service_cpus
    node = uuid.uuid4().hex[:8]
    metrics = _started(MetricsActor, settings, cpus=service)
    audit = _started(AuditActor, settings, name=f"audit-{node}", cpus=service, concurrency=_CONCURRENT_APPENDS)
    shards, publisher = start_hotlists(settings, node)
    journal = _started(JournalActor, settings, name=f"journal-{node}", cpus=service, concurrency=_CONCURRENT_APPENDS)
    inference = _started(
        InferenceActor, settings, name=f"inference-{node}", cpus=cluster.inference_cpus, gpus=cluster.inference_gpus
    )
    ray.get([metrics.port.remote(), journal.last_offset.remote(), audit.status.remote()])
    # the tails open the journal's file, so it must have been made
    store = _started(StoreActor, settings, cpus=service, concurrency=_RUN_AND_STATUS)
    maintenance = _started(MaintenanceActor, settings, cpus=service, concurrency=_RUN_AND_STATUS)
    matcher = start_matcher(settings, node)
    alerts = _started(AlertActor, settings, cpus=service, concurrency=_RUN_AND_STATUS)
    outbox = None
    if settings.share.peer:
        outbox = _started(OutboxActor, settings, cpus=service, concurrency=_RUN_AND_STATUS)
    neighbours = Neighbours(
        inference=f"inference-{node}", journal=f"journal-{node}", model_version=ray.get(inference.version.remote())
    )
    cameras = {
        name: _started(CameraActor, name, settings, neighbours, cpus=cluster.camera_cpus, concurrency=_RUN_AND_STATUS)
        for name in settings.feeds
    }
    join = None
    if settings.join.enabled:
        join = _started(JoinActor, settings, f"journal-{node}", cpus=service, concurrency=_RUN_AND_STATUS)
        ray.get(join.port.remote())
    ray.get([store.status.remote(), matcher.status.remote(), alerts.port.remote()])
    return Node(
        cameras=cameras,
        inference=inference,
        journal=journal,
        store=store,
        maintenance=maintenance,
        matcher=matcher,
        shards=shards,
        publisher=publisher,
        alerts=alerts,
        audit=audit,
        metrics=metrics,
        outbox=outbox,
        join=join,
    )


def start_hotlists(settings: Settings, node: str) -> tuple[tuple[Any, ...], Any]:
    """Start the shards of the hotlists and their publisher."""
    service = settings.cluster.service_cpus
    names = [f"hotlist-{node}-{number}" for number in range(settings.match.shards)]
    shards = tuple(
        _started(HotlistShard, settings, number, name=name, cpus=service) for number, name in enumerate(names)
    )
    publisher = _started(
        HotlistPublisher, settings, names, name=f"hotlists-{node}", cpus=service, concurrency=_RUN_AND_STATUS
    )
    return shards, publisher


def start_matcher(settings: Settings, node: str) -> Any:
    """Start the matcher beside the node's hotlists. The journal must have been made."""
    service = settings.cluster.service_cpus
    return _started(MatcherActor, settings, f"hotlists-{node}", cpus=service, concurrency=_RUN_AND_STATUS)


def _started(
    kind: type, *given: Any, cpus: float, gpus: float = 0.0, concurrency: int = 1, name: str | None = None
) -> Any:
    """Start an actor that Ray restarts, and whose calls it repeats, without limit: every call is idempotent."""
    remote: Any = ray.remote(kind)
    return remote.options(
        name=name,
        num_cpus=cpus,
        num_gpus=gpus,
        max_concurrency=concurrency,
        max_restarts=-1,
        max_task_retries=-1,
    ).remote(*given)


def _reserved(settings: Settings) -> int:
    cluster = settings.cluster
    services = (10 + settings.match.shards) * cluster.service_cpus
    cpus = cluster.inference_cpus + services + len(settings.feeds) * cluster.camera_cpus
    return int(cpus) + 1
