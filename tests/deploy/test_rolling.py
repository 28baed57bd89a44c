"""An upgrade on Kubernetes goes node by node, by the steps that are written down; nothing there runs ahead of it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.deploy.test_manifests import KUBERNETES, of_kind, pod_templates, ray_cluster
from tests.support.declared import DEPLOY

DOCS = DEPLOY.parent / "docs"
SHELL = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
KUBECTL = [
    (page, block)
    for page in sorted(DOCS.rglob("*.md"))
    for block in SHELL.findall(page.read_text(encoding="utf-8"))
    if "kubectl" in block
]


def test_the_operator_replaces_no_pod_when_the_cluster_changes() -> None:
    # the default, said aloud because the other one takes every camera away
    assert ray_cluster()["spec"]["upgradeStrategy"] == {"type": "None"}


def test_evictions_go_one_node_at_a_time() -> None:
    (budget,) = of_kind("PodDisruptionBudget")
    nodes = sum(group["replicas"] for group in ray_cluster()["spec"]["workerGroupSpecs"])
    # anything but a whole `minAvailable` needs a scale, which KubeRay's resource has not: no eviction would be allowed
    assert budget["spec"] == {"minAvailable": nodes - 1, "selector": {"matchLabels": {"anpr/part": "node"}}}


def test_every_pod_finds_its_settings_under_the_name_that_they_get() -> None:
    kustomization = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text(encoding="utf-8"))
    # kustomize adds a digest to the name, and changes those who use it only where it knows their kind
    assert kustomization["generatorOptions"] == {"disableNameSuffixHash": True}
    made = {one["name"] for one in kustomization["configMapGenerator"]}
    volumes = [volume for template in pod_templates().values() for volume in template["spec"].get("volumes", ())]
    used = {volume["configMap"]["name"] for volume in volumes if "configMap" in volume}
    assert made == used


def test_every_manifest_is_applied() -> None:
    kustomization = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text(encoding="utf-8"))
    assert set(kustomization["resources"]) == {path.name for path in KUBERNETES.glob("*.yaml")} - {"kustomization.yaml"}


@pytest.mark.parametrize(("page", "block"), KUBECTL, ids=lambda one: one.name if isinstance(one, Path) else "")
def test_what_is_typed_names_what_is_there(page: Path, block: str) -> None:
    checked = subprocess.run(["bash", "-n"], input=block, text=True, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr
    parts = {template["metadata"]["labels"]["anpr/part"] for template in pod_templates().values()}
    assert set(re.findall(r"anpr/part=(\w+)", block)) <= parts
    assert set(re.findall(r"deployment/([\w-]+)", block)) <= {one["metadata"]["name"] for one in of_kind("Deployment")}
    assert set(re.findall(r"raycluster (\w+)", block)) <= {ray_cluster()["metadata"]["name"]}
    assert set(re.findall(r"-k (\S+)", block)) <= {str(KUBERNETES.relative_to(DEPLOY.parent))}


def test_the_driver_comes_last() -> None:
    steps = "".join(block for page, block in KUBECTL if page.name == "upgrade.md")
    order = ["rollout pause", "apply -k", "delete pod $its", "wait pod $its", "delete pod -l anpr/part=head"]
    order += ["rollout resume", "scale deployment"]
    assert sorted(order, key=steps.index) == order
