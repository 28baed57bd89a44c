"""What is deployed is what the published schemas allow, and fits what the program expects."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import urllib3
import yaml
from prometheus_client import CollectorRegistry, make_wsgi_app
from ray.autoscaler._private.util import prepare_config, validate_config

from actors.cli.parser import parser
from actors.member import room_in
from actors.node_page import NodePage
from pipeline.node_settings import MetricsSettings
from pipeline.settings import Settings, load_settings

DEPLOY = Path(__file__).parents[2] / "deploy"
KUBERNETES = DEPLOY / "kubernetes"


def documents() -> list[Any]:
    """Return every document of the Kubernetes manifests but the kustomization, which is not sent there."""
    paths = sorted(path for path in KUBERNETES.glob("*.yaml") if path.name != "kustomization.yaml")
    return [one for path in paths for one in yaml.safe_load_all(path.read_text(encoding="utf-8"))]


def of_kind(kind: str) -> list[Any]:
    return [one for one in documents() if one["kind"] == kind]


def ray_cluster() -> Any:
    (cluster,) = of_kind("RayCluster")
    return cluster


def pod_templates() -> dict[str, Any]:
    """Return every pod template there is, by the part that it is."""
    spec = ray_cluster()["spec"]
    templates = [spec["headGroupSpec"]["template"], *(one["template"] for one in spec["workerGroupSpecs"])]
    templates += [one["spec"]["template"] for kind in ("Deployment", "StatefulSet") for one in of_kind(kind)]
    return {f"{at}-{one['metadata']['labels']['anpr/part']}": one for at, one in enumerate(templates)}


def kubernetes_accepts(document: dict[str, Any]) -> None:
    kubernetes_validate.validate(document, "1.37", strict=True)


@pytest.mark.parametrize(
    "document", [one for one in documents() if one["kind"] != "RayCluster"], ids=lambda one: one["metadata"]["name"]
)
def test_kubernetes_accepts_the_manifests(document: dict[str, Any]) -> None:
    kubernetes_accepts(document)


@pytest.mark.parametrize("part", sorted(pod_templates()))
def test_kubernetes_accepts_every_pod(part: str) -> None:
    template = pod_templates()[part]
    kubernetes_accepts({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, "spec": template["spec"]})


def test_the_cluster_runs_the_ray_of_the_lock() -> None:
    lock = (DEPLOY.parent / "requirements.lock").read_text(encoding="utf-8")
    assert f"ray=={ray_cluster()['spec']['rayVersion']}" in lock.splitlines()


def test_every_kind_of_worker_has_room_for_cameras_and_its_own_disk() -> None:
    settings = load_settings(KUBERNETES / "settings.toml")
    assert "{node}" in settings.folder
    root = settings.folder.split("{")[0].rstrip("/")
    for group in ray_cluster()["spec"]["workerGroupSpecs"]:
        (container,) = group["template"]["spec"]["containers"]
        limits = container["resources"]["limits"]
        resources = {"CPU": float(limits["cpu"]), "GPU": float(limits.get("nvidia.com/gpu", 0))}
        assert room_in(resources, settings) >= 20, group["groupName"]
        assert root in {mount["mountPath"] for mount in container["volumeMounts"]}
        assert group["rayStartParams"]["node-name"] == "$ANPR_NODE"


def test_a_pod_that_goes_drains_before_it_is_killed() -> None:
    for group in ray_cluster()["spec"]["workerGroupSpecs"]:
        spec = group["template"]["spec"]
        (container,) = spec["containers"]
        *_, command = container["lifecycle"]["preStop"]["exec"]["command"]
        drain, _, rest = command.partition(";")
        chosen = parser().parse_args(drain.split()[1:])
        assert chosen.command == "drain"
        assert chosen.seconds < spec["terminationGracePeriodSeconds"]
        assert rest.strip() == "ray stop"


def test_no_pod_runs_as_root_or_reaches_the_kubernetes_api() -> None:
    for part, template in pod_templates().items():
        spec = template["spec"]
        assert spec["securityContext"]["runAsNonRoot"], part
        assert spec["automountServiceAccountToken"] is False, part
        for container in spec["containers"]:
            assert container["securityContext"].get("runAsNonRoot", True), part
            assert "add" not in container["securityContext"]["capabilities"], part
            assert "memory" in container["resources"]["limits"], part
        for container in (*spec["containers"], *spec.get("initContainers", ())):
            assert container["securityContext"]["allowPrivilegeEscalation"] is False, part
            assert container["securityContext"]["capabilities"]["drop"] == ["ALL"], part


def test_root_gives_a_node_its_folder_and_may_do_nothing_else() -> None:
    first = [one for template in pod_templates().values() for one in template["spec"].get("initContainers", ())]
    assert {one["name"] for one in first} == {"own-folder"}
    for one in first:
        assert one["securityContext"]["capabilities"]["add"] == ["CHOWN", "DAC_OVERRIDE"]
        assert [mount["name"] for mount in one["volumeMounts"]] == ["disk"]


def test_a_node_is_in_service_while_its_page_says_so() -> None:
    settings = load_settings(KUBERNETES / "settings.toml")
    for group in ray_cluster()["spec"]["workerGroupSpecs"]:
        (container,) = group["template"]["spec"]["containers"]
        ports = {one["name"]: one["containerPort"] for one in container["ports"]}
        probe = container["readinessProbe"]["httpGet"]
        assert (ports["metrics"], ports["services"]) == (settings.metrics.port, settings.services.port)
        assert probe["port"] == "metrics"
        page = NodePage(make_wsgi_app(CollectorRegistry()))
        url = f"http://127.0.0.1:{page.start(MetricsSettings(port=0))}{probe['path']}"
        assert urllib3.request("GET", url).status == 503
        page.tell(b"{}")
        assert urllib3.request("GET", url).status == 200


def test_a_head_that_comes_back_finds_what_the_last_one_knew() -> None:
    tolerance = ray_cluster()["spec"]["gcsFaultToleranceOptions"]
    (service,) = [one for one in of_kind("Service") if one["spec"]["selector"] == {"anpr/part": "redis"}]
    (redis,) = of_kind("StatefulSet")
    (port,) = service["spec"]["ports"]
    assert tolerance["redisAddress"] == f"{service['metadata']['name']}:{port['port']}"
    (container,) = redis["spec"]["template"]["spec"]["containers"]
    (password,) = container["env"]
    assert tolerance["redisPassword"]["valueFrom"] == password["valueFrom"]
    assert {"readinessProbe", "livenessProbe"} <= set(container)
    # what it was told is on a disk that outlives the pod
    (claim,) = redis["spec"]["volumeClaimTemplates"]
    assert claim["metadata"]["name"] in {mount["name"] for mount in container["volumeMounts"]}
    assert "--appendonly yes" in container["args"][0]


def test_no_manifest_holds_a_secret() -> None:
    assert not of_kind("Secret")
    for part, template in pod_templates().items():
        for container in template["spec"]["containers"]:
            for variable in container.get("env", ()):
                if re.search("PASSWORD|TOKEN|KEY|SECRET", variable["name"]):
                    assert "secretKeyRef" in variable["valueFrom"], f"{part}: {variable['name']}"


def test_compose_accepts_its_file_and_what_it_mounts_is_there() -> None:
    compose = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text(encoding="utf-8"))
    schema = json.loads(
        files("check_jsonschema").joinpath("builtin_schemas/vendor/compose-spec.json").read_text(encoding="utf-8")
    )
    jsonschema.validate(compose, schema)
    load_settings(DEPLOY / "compose" / "settings.toml")
    assert (DEPLOY / "compose" / compose["services"]["anpr"]["build"]["context"]).resolve() == DEPLOY.parent
    assert (DEPLOY.parent / compose["services"]["anpr"]["build"]["dockerfile"]).is_file()
    assert compose["services"]["anpr"]["command"][0] == "run"
    for service in compose["services"].values():
        assert service["cap_drop"] == ["ALL"]


def test_ray_accepts_the_cluster_file() -> None:
    cluster = yaml.safe_load((DEPLOY / "ray" / "cluster.yaml").read_text(encoding="utf-8"))
    # what `ray up` does with a file before it begins
    validate_config(prepare_config(cluster))
    settings = load_settings(DEPLOY / "ray" / "settings.toml")
    assert settings.cluster.address == "auto"
    assert "{node}" in settings.folder


def test_hadolint_finds_nothing_in_the_containerfile() -> None:
    linted = subprocess.run(
        [Path(sys.executable).parent / "hadolint", "--no-color", DEPLOY / "container" / "Containerfile"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert linted.returncode == 0, linted.stdout


def test_the_image_is_built_from_what_the_repository_has() -> None:
    lines = (DEPLOY / "container" / "Containerfile").read_text(encoding="utf-8").splitlines()
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    for source in (one for several in copied for one in several):
        assert (DEPLOY.parent / source).exists(), source
    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001:10001"]
    (entry,) = [json.loads(line.split(" ", 1)[1]) for line in lines if line.startswith("ENTRYPOINT ")]
    (command,) = [json.loads(line.split(" ", 1)[1]) for line in lines if line.startswith("CMD ")]
    assert parser().parse_args(["run", "--config", "x"]).command == (entry + command)[3]
    ports = {line.split()[1:][at] for line in lines if line.startswith("EXPOSE ") for at in (0, 1)}
    assert ports == {str(Settings().metrics.port), str(Settings().services.port)}
