"""Every actor of a node and what it reserves: the one place that says what a node is made of.

One node holds one journal, one inference actor, the cameras whose frames it reads, a store tail with its maintenance,
the shards of the hotlists with their publisher, a matcher, the alerts with the node's services, the audit log's one
writer, the outboxes to a national centre and to older back offices, the endpoint for cameras of other makers, and the
metrics endpoint, packed onto the same machine because frames never leave it.
"""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from actors.alerts import AlertActor
from actors.audit import AuditActor
from actors.camera import CameraActor, CameraStatus, Neighbours
from actors.counter_folder import FOLDER_VARIABLE, counters_folder
from actors.hotlist import HotlistPublisher, HotlistShard
from actors.inference import READING, InferenceActor
from actors.join import JoinActor
from actors.journal import JournalActor
from actors.local_ray import Starting, inherited
from actors.maintenance import MaintenanceActor
from actors.matcher import MatcherActor
from actors.metrics import MetricsActor
from actors.outbox import OutboxActor, sent_to
from actors.senders import SenderStatus
from actors.sending import outbox_name
from actors.store import StoreActor
from actors.versions import calls_of
from pipeline.errors import Unavailable
from pipeline.settings import Settings

log = logging.getLogger(__name__)
NAMESPACE = "anpr"
_STARTS = 2
"""A machine that had too much to do for one start often has less for the next."""
_MEBIBYTE = 2**20
_CONCURRENT_APPENDS = 16
"""Appends that may wait in the journal actor together and share an fsync."""
_RUN_AND_STATUS = 4
"""Calls at once in an actor whose `run` lasts: the others ask for its status or stop it."""
CALLS = calls_of(
    [
        AlertActor,
        AuditActor,
        CameraActor,
        HotlistPublisher,
        HotlistShard,
        InferenceActor,
        JoinActor,
        JournalActor,
        MaintenanceActor,
        MatcherActor,
        MetricsActor,
        OutboxActor,
        StoreActor,
    ],
    [CameraStatus, Neighbours, SenderStatus],
)
"""How this version's actors are called. Reckoned here because Ray changes the signatures of what it starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """The Ray node that actors are bound to, and the folder there in which its processes count."""

    node_id: str
    counters: str


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
    neighbours: Neighbours
    """Whom the node's cameras talk to."""
    outboxes: Mapping[str, Any]
    """By their names; none where the settings name nobody to send to."""
    join: Any = None
    """None unless cameras of other makers may post here."""

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
        services |= {"join": self.join} if self.join else {}
        return cameras | shards | services | dict(self.outboxes)


def connect(settings: Settings) -> None:
    """Join the cluster of the settings, or start a local Ray with just enough for the settings' actors."""
    if settings.cluster.address:
        try:
            ray.init(
                address=settings.cluster.address, namespace=NAMESPACE, log_to_driver=False, logging_level=logging.ERROR
            )
        except ConnectionError as error:
            raise Unavailable(
                "no Ray runs on this machine to join the cluster with: start its node first (docs/running.md)"
            ) from error
        return
    counters = str(counters_folder(os.getpid()))
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    # Ray runs its workers at niceness 15, behind everything else on the machine; frames come in real time
    os.environ.setdefault("RAY_worker_niceness", "0")
    for more in reversed(range(_STARTS)):
        try:
            with Starting(), inherited(FOLDER_VARIABLE, counters):
                ray.init(
                    address="local",
                    num_cpus=max(os.cpu_count() or 1, _reserved(settings)),
                    include_dashboard=False,
                    object_store_memory=settings.cluster.object_store_mebibytes * _MEBIBYTE,
                    _metrics_export_port=settings.metrics.ray_port or None,
                    logging_level=logging.ERROR,
                    log_to_driver=False,
                )
            return
        except Unavailable as error:
            if not more:
                raise
            log.warning("%s; it is started once more", error)


def start_node(settings: Settings, at: Seat | None = None) -> Node:
    """Start the actors of one node, on that Ray node if there are several. Returns once the models are loaded and the
    services answer."""
    cluster = settings.cluster
    service = cluster.service_cpus
    node = uuid.uuid4().hex[:8]
    metrics = _started(MetricsActor, settings, name=page_name(at) if at else None, cpus=service, at=at)
    audit = _started(AuditActor, settings, name=f"audit-{node}", cpus=service, concurrency=_CONCURRENT_APPENDS, at=at)
    shards, publisher = start_hotlists(settings, node, at)
    journal = _started(
        JournalActor, settings, name=f"journal-{node}", cpus=service, concurrency=_CONCURRENT_APPENDS, at=at
    )
    inference = _started(
        InferenceActor,
        settings,
        name=f"inference-{node}",
        cpus=cluster.inference_cpus,
        gpus=cluster.inference_gpus,
        groups={READING: 1},
        at=at,
    )
    ray.get([metrics.port.remote(), journal.last_offset.remote(), audit.status.remote()])
    # the tails open the journal's file, so it must have been made
    store = _started(StoreActor, settings, cpus=service, concurrency=_RUN_AND_STATUS, at=at)
    maintenance = _started(MaintenanceActor, settings, cpus=service, concurrency=_RUN_AND_STATUS, at=at)
    matcher = start_matcher(settings, node, at)
    alerts = _started(AlertActor, settings, f"journal-{node}", cpus=service, concurrency=_RUN_AND_STATUS, at=at)
    outboxes = start_outboxes(settings, at)
    neighbours = Neighbours(
        inference=f"inference-{node}", journal=f"journal-{node}", model_version=ray.get(inference.version.remote())
    )
    cameras = {name: start_camera(name, settings, neighbours, at) for name in settings.feeds}
    join = None
    if settings.join.enabled:
        join = _started(JoinActor, settings, f"journal-{node}", cpus=service, concurrency=_RUN_AND_STATUS, at=at)
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
        neighbours=neighbours,
        outboxes=outboxes,
        join=join,
    )


def start_camera(name: str, settings: Settings, neighbours: Neighbours, at: Seat | None = None) -> Any:
    """Start one camera's actor beside its neighbours."""
    cpus = settings.cluster.camera_cpus
    return _started(CameraActor, name, settings, neighbours, cpus=cpus, concurrency=_RUN_AND_STATUS, at=at)


def page_name(at: Seat | str) -> str:
    """Return the name of the metrics actor on a Ray node of a cluster; it is whom `anpr drain` tells."""
    return f"metrics-{at.node_id if isinstance(at, Seat) else at}"


def start_hotlists(settings: Settings, node: str, at: Seat | None = None) -> tuple[tuple[Any, ...], Any]:
    """Start the shards of the hotlists and their publisher."""
    service = settings.cluster.service_cpus
    names = [f"hotlist-{node}-{number}" for number in range(settings.match.shards)]
    shards = tuple(
        _started(HotlistShard, settings, number, name=name, cpus=service, at=at) for number, name in enumerate(names)
    )
    publisher = _started(
        HotlistPublisher, settings, names, name=f"hotlists-{node}", cpus=service, concurrency=_RUN_AND_STATUS, at=at
    )
    return shards, publisher


def start_matcher(settings: Settings, node: str, at: Seat | None = None) -> Any:
    """Start the matcher beside the node's hotlists. The journal must have been made."""
    service = settings.cluster.service_cpus
    return _started(MatcherActor, settings, f"hotlists-{node}", cpus=service, concurrency=_RUN_AND_STATUS, at=at)


def start_outboxes(settings: Settings, at: Seat | None = None) -> dict[str, Any]:
    """Start an outbox to everybody whom reads are sent to, by its name. The journal must have been made."""
    with_status: Any = {"cpus": settings.cluster.service_cpus, "concurrency": _RUN_AND_STATUS, "at": at}
    return {outbox_name(one): _started(OutboxActor, settings, one, **with_status) for one in sent_to(settings)}


def _started(
    kind: type,
    *given: Any,
    cpus: float,
    gpus: float = 0.0,
    concurrency: int = 1,
    groups: dict[str, int] | None = None,
    name: str | None = None,
    at: Seat | None = None,
) -> Any:
    """Start an actor that Ray restarts, and whose calls it repeats, without limit: every call is idempotent.

    One that is bound to a node is never started elsewhere: what it works on lies there. Of calls Ray's head is told
    nothing, for it would keep the last hundred thousand.
    """
    remote: Any = ray.remote(concurrency_groups=groups)(kind) if groups else ray.remote(kind)  # type: ignore[call-overload]
    bound: dict[str, Any] = {}
    if at is not None:
        bound = {
            "scheduling_strategy": NodeAffinitySchedulingStrategy(at.node_id, soft=False),
            "runtime_env": {"env_vars": {FOLDER_VARIABLE: at.counters}},
        }
    return remote.options(
        name=name,
        num_cpus=cpus,
        num_gpus=gpus,
        max_concurrency=concurrency,
        max_restarts=-1,
        max_task_retries=-1,
        enable_task_events=False,
        **bound,
    ).remote(*given)


def cpus_of_services(settings: Settings) -> float:
    """Return what everything of a node but its cameras reserves."""
    cluster = settings.cluster
    services = 8 + len(sent_to(settings)) + settings.join.enabled + settings.match.shards
    return cluster.inference_cpus + services * cluster.service_cpus


def _reserved(settings: Settings) -> int:
    return int(cpus_of_services(settings) + len(settings.feeds) * settings.cluster.camera_cpus) + 1
