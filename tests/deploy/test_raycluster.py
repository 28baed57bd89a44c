"""The RayCluster against a schema of our own, and that schema against faults that it must find.

KubeRay publishes its schema in no package that could be pinned here, so raycluster.schema.json is written after its API
reference. It is ours: an operator that takes more, or less, than it documents is not noticed.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.deploy.test_manifests import ray_cluster

SCHEMA: dict[str, Any] = json.loads((Path(__file__).parent / "raycluster.schema.json").read_text(encoding="utf-8"))
ABSENT = "(absent)"
FAULTS: list[tuple[str, object]] = [
    ("apiVersion", "ray.io/v1alpha1"),
    ("metadata.name", "Anpr_1"),
    ("spec.headGroupSpec", ABSENT),
    ("spec.headGroupSpec.template", ABSENT),
    ("spec.headGroupSpec.template.spec.containers", []),
    ("spec.headGroupSpec.rayStartParams.num-cpus", 0),
    ("spec.headGroupSpec.serviceType", "Cluster"),
    ("spec.headGroupSpec.replicas", 1),
    ("spec.authOptions.mode", "tokens"),
    ("spec.authOptions.secret", "anpr"),
    ("spec.upgradeStrategy.type", "RollingUpdate"),
    ("spec.upgradeStrategy", "None"),
    ("spec.gcsFaultToleranceOptions.redisAddress", ABSENT),
    ("spec.gcsFaultToleranceOptions.redisPassword", "secret"),
    ("spec.rayVersion", 2.6),
    ("spec.enableInTreeAutoscaling", "false"),
    ("spec.workerGroupSpecs", {}),
    ("spec.workerGroupSpecs.0.groupName", ABSENT),
    ("spec.workerGroupSpecs.0.template", ABSENT),
    ("spec.workerGroupSpecs.0.minReplicas", ABSENT),
    ("spec.workerGroupSpecs.0.maxReplicas", ABSENT),
    ("spec.workerGroupSpecs.0.replicas", "2"),
    ("spec.workerGroupSpecs.0.replicas", -1),
    ("spec.workerGroupSpecs.0.replica", 2),
    ("spec.workerGroupSpecs.1.rayStartParams.disable-usage-stats", True),
    ("spec.workerGroupSpecs.1.template.containers", []),
    ("status", {}),
]


def changed(path: str, value: object) -> Any:
    """Return the RayCluster with another value there, or without what is there."""
    cluster = copy.deepcopy(ray_cluster())
    *way, last = path.split(".")
    here = cluster
    for step in way:
        here = here[int(step)] if step.isdigit() else here[step]
    if value is ABSENT:
        del here[last]
    else:
        here[last] = value
    return cluster


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_ray_cluster_has_fields_types_and_values_that_kuberay_documents() -> None:
    jsonschema.validate(ray_cluster(), SCHEMA)


@pytest.mark.parametrize(("path", "value"), FAULTS, ids=[f"{path}={value!r}"[:60] for path, value in FAULTS])
def test_a_fault_is_found(path: str, value: object) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(changed(path, value), SCHEMA)


def test_groups_are_told_apart_and_have_as_many_pods_as_they_may() -> None:
    groups = ray_cluster()["spec"]["workerGroupSpecs"]
    assert len({group["groupName"] for group in groups}) == len(groups)
    assert all(group["minReplicas"] <= group["replicas"] <= group["maxReplicas"] for group in groups)
