"""Prometheus finds everything that is deployed: on one machine, on several, in compose and on Kubernetes."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml

from actors.targets import TARGETS
from pipeline.settings import load_settings
from tests.deploy.test_manifests import pod_templates
from tests.deploy.test_rules import PROMETHEUS, promtool
from tests.support.declared import DEPLOY
from tests.support.prometheus_server import PrometheusServer, missing_prometheus

RAY_PORT = 8080
"""Where Ray's metrics answer wherever we start it; of embedded ones the settings say it."""
Found = TypeVar("Found")
MOST_LOOKS = 120
_PAUSE = threading.Event()
FOUND_BY_KUBERNETES = {"role": "pod", "namespaces": {"names": ["anpr"]}}
"""Debian builds promtool without Kubernetes, so this part alone is compared with what Prometheus documents."""


def ray_starts() -> dict[str, str]:
    """Return every `ray start` there is, by where it stands."""
    found = {}
    for path in (*sorted((DEPLOY / "systemd").glob("*.service")), DEPLOY / "ray" / "cluster.yaml"):
        whole = re.sub(r"\\?\n {4}", " ", path.read_text(encoding="utf-8"))
        commands = [line for line in whole.splitlines() if "ray start" in line and not line.lstrip().startswith("#")]
        found |= {f"{path.name}-{at}": command for at, command in enumerate(commands)}
    (driver,) = pod_templates()["3-driver"]["spec"]["containers"]
    return found | {"driver.yaml": driver["args"][0]}


def targets_in(path: Path) -> list[tuple[str, str, str]]:
    """Return address, endpoint and node of each target."""
    told = json.loads(path.read_text(encoding="utf-8"))
    return [(address, one["labels"]["endpoint"], one["labels"]["node"]) for one in told for address in one["targets"]]


def without_kubernetes(folder: Path) -> Path:
    """Return the configuration for Kubernetes with a file in the place of the pods that Prometheus would find."""
    targets = folder / TARGETS
    targets.write_text(json.dumps(pods_as_found()), encoding="utf-8")
    text = (PROMETHEUS / "kubernetes.yml").read_text(encoding="utf-8")
    config = yaml.safe_load(text)
    (scrape,) = config["scrape_configs"]
    assert scrape.pop("kubernetes_sd_configs") == [FOUND_BY_KUBERNETES]
    scrape["file_sd_configs"] = [{"files": [str(targets)], "refresh_interval": "15s"}]
    changed = folder / "kubernetes.yml"
    changed.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return changed


def pods_as_found() -> list[dict[str, Any]]:
    """Return a target for each port of each pod, labelled as Prometheus labels it (its documentation, role `pod`)."""
    found = []
    for at, (name, template) in enumerate(sorted(pod_templates().items())):
        (container,) = template["spec"]["containers"]
        ports = [(one["name"], one["containerPort"]) for one in container.get("ports", ())]
        if "metrics" not in dict(ports) and "ray" in container["name"]:
            # as KubeRay does where no port has that name
            ports.append(("metrics", RAY_PORT))
        labels = {
            "__meta_kubernetes_pod_label_anpr_part": template["metadata"]["labels"]["anpr/part"],
            "__meta_kubernetes_pod_node_name": f"machine-{name}",
        }
        found += [
            {
                "targets": [f"127.0.{over}.{at + 1}:{number}"],
                "labels": labels
                | {"__meta_kubernetes_pod_container_port_name": port, "__meta_kubernetes_pod_phase": phase},
            }
            for port, number in ports
            # beside each pod one that was there before
            for over, phase in enumerate(("Running", "Failed"))
        ]
    return found


def until_there(asked: Callable[[], list[Found]]) -> list[Found]:
    """Return what is answered once it is not nothing, which Prometheus looks for again by itself."""
    for _ in range(MOST_LOOKS):
        if found := asked():
            return found
        _PAUSE.wait(0.5)
    return []


@pytest.mark.parametrize("where", sorted(ray_starts()))
def test_every_ray_that_is_started_answers_prometheus_at_one_port(where: str) -> None:
    assert f"--metrics-export-port={RAY_PORT} " in f"{ray_starts()[where]} "


def test_every_ray_pod_answers_prometheus_at_the_port_that_it_names() -> None:
    for part, template in pod_templates().items():
        if part.endswith("redis"):
            continue
        (container,) = template["spec"]["containers"]
        assert {"name": "ray-metrics", "containerPort": RAY_PORT} in container["ports"], part


@pytest.mark.parametrize("config", sorted(PROMETHEUS.glob("*.yml")), ids=lambda one: one.name)
def test_prometheus_takes_every_configuration(config: Path, tmp_path: Path) -> None:
    if config.name == "kubernetes.yml":
        (tmp_path / "rules").symlink_to(PROMETHEUS / "rules")
        config = without_kubernetes(tmp_path)
    told = promtool("check", "config", config)
    assert "SUCCESS" in told
    assert f"{len(list((PROMETHEUS / 'rules').glob('*.yml')))} rule files found" in told


def test_every_configuration_has_the_same_rules_and_runbooks() -> None:
    configs = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in PROMETHEUS.glob("*.yml")]
    assert len(configs) == 2
    first, second = ({key: one[key] for key in ("global", "rule_files", "alerting")} for one in configs)
    assert first == second


@pytest.mark.timeout(180)
def test_alerts_go_to_whom_the_file_names(tmp_path: Path) -> None:
    if reason := missing_prometheus():
        pytest.skip(reason)
    targets = tmp_path / TARGETS
    targets.write_text("[]", encoding="utf-8")
    server = PrometheusServer(tmp_path, targets)
    with server as prometheus:
        assert prometheus.told() == []
        (tmp_path / "alertmanagers.json").write_text('[{"targets": ["127.0.0.1:9093"]}]', encoding="utf-8")
        assert until_there(prometheus.told) == ["http://127.0.0.1:9093/api/v2/alerts"]


@pytest.mark.timeout(180)
def test_on_kubernetes_each_pod_is_found_once_by_its_job_and_its_node(tmp_path: Path) -> None:
    if reason := missing_prometheus():
        pytest.skip(reason)
    with PrometheusServer(tmp_path / "run", tmp_path / TARGETS, without_kubernetes(tmp_path)) as prometheus:
        targets = until_there(prometheus.targets)
    found = [
        (one["labels"]["job"], one["labels"]["node"], int(one["scrapeUrl"].split(":")[2].split("/")[0]))
        for one in targets
    ]
    nodes = [f"machine-{name}" for name in pod_templates() if name.endswith("node")]
    assert len(nodes) == 2
    rays = [("ray", node, RAY_PORT) for node in (*nodes, "head", "driver")]
    assert sorted(found) == sorted([*rays, *(("anpr", node, 9464) for node in nodes)])


def test_the_machines_of_the_example_are_those_of_the_cluster_file() -> None:
    provider = yaml.safe_load((DEPLOY / "ray" / "cluster.yaml").read_text(encoding="utf-8"))["provider"]
    own = load_settings(DEPLOY / "ray" / "settings.toml").metrics
    told = targets_in(DEPLOY / "ray" / TARGETS)
    expected = {(f"{provider['head_ip']}:{RAY_PORT}", "ray")}
    for machine in provider["worker_ips"]:
        expected |= {(f"{machine}:{RAY_PORT}", "ray"), (f"{machine}:{own.port}", "anpr")}
    assert {(address, endpoint) for address, endpoint, _ in told} == expected
    assert len(told) == len(expected)
    # a machine's two endpoints are one node, and rules know the head by its name
    names = {address.split(":")[0]: node for address, _, node in told}
    assert all(names[address.split(":")[0]] == node for address, _, node in told)
    assert names[provider["head_ip"]] == "head"
    assert len(set(names.values())) == len(names)


def test_compose_scrapes_both_endpoints_of_its_machine() -> None:
    own = load_settings(DEPLOY / "compose" / "settings.toml").metrics
    told = targets_in(DEPLOY / "compose" / TARGETS)
    assert told == [(f"anpr:{own.port}", "anpr", "anpr"), (f"anpr:{own.ray_port}", "ray", "anpr")]
    assert own.ray_port
    services = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert set(services["anpr"]["networks"]) & set(services["prometheus"]["networks"])


def test_compose_reads_a_feed_that_is_rendered_before() -> None:
    services = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    (mount,) = (one for one in services["anpr"]["volumes"] if isinstance(one, dict))
    # what is not there is told, instead of an empty folder being made of it
    assert mount["bind"] == {"create_host_path": False}
    rendered = load_settings(DEPLOY / "demonstration.toml").feeds
    for name, feed in load_settings(DEPLOY / "compose" / "settings.toml").feeds.items():
        assert (DEPLOY / "compose" / mount["source"]).resolve() == (DEPLOY.parent / rendered[name].url).parent.resolve()
        assert feed.url == f"{mount['target']}/{Path(rendered[name].url).name}"


def test_whoever_finds_the_pods_may_ask_which_there_are() -> None:
    documents = list(yaml.safe_load_all((DEPLOY / "kubernetes" / "watching.yaml").read_text(encoding="utf-8")))
    role, binding = documents
    assert role["rules"] == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    (subject,) = binding["subjects"]
    assert subject["namespace"] == "monitoring"
