"""Who may talk to whom on Kubernetes: what is needed is let through, what is not is kept away, and no rule is idle.

What a NetworkPolicy means is reckoned here as Kubernetes documents it: a pod that a policy of a direction selects may
do in that direction what any of those policies allows, and nothing else; both ends must allow it.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

import pytest

from pipeline.settings import load_settings
from tests.deploy.test_manifests import KUBERNETES, of_kind, pod_templates
from tests.support.declared import DEPLOY

Policies = list[dict[str, Any]]


class End(NamedTuple):
    """A pod of ours by its part, a pod of another namespace by that one's labels, or an address outside."""

    part: str = ""
    namespace: tuple[tuple[str, str], ...] = ()
    address: str = ""


class Edge(NamedTuple):
    """A connection that somebody opens."""

    source: End
    target: End
    port: int
    protocol: str = "TCP"


def ours(part: str) -> End:
    return End(part=part)


def elsewhere(name: str, **labels: str) -> End:
    return End(
        namespace=(("kubernetes.io/metadata.name", name), *((f"anpr/{key}", one) for key, one in labels.items()))
    )


def outside(address: str) -> End:
    return End(address=address)


RAY = ("head", "node", "driver")
PARTS = (*RAY, "redis")
CAMERA, STRANGER, THE_REST = outside("10.40.3.7"), outside("10.9.9.9"), outside("203.0.113.5")
PROMETHEUS, CLIENT, OPERATOR = elsewhere("monitoring"), elsewhere("desk", clients="yes"), elsewhere("kuberay-operator")
OTHERS = (PROMETHEUS, CLIENT, CAMERA, STRANGER)
OUTSIDE = {
    "[feeds.NAME] url": Edge(ours("node"), CAMERA, 554),
    "[share] peer": Edge(ours("node"), outside("10.50.1.2"), 9465),
    "[join.back_offices.NAME] url": Edge(ours("node"), outside("10.50.2.2"), 443),
    "[join.back_offices.NAME] pictures_url": Edge(ours("node"), outside("10.50.2.3"), 443),
    "[alert.webhooks.NAME] url": Edge(ours("node"), outside("10.50.3.2"), 443),
    "[access.identity] keys_url": Edge(ours("node"), outside("10.50.4.2"), 443),
    "[store] url": Edge(ours("node"), outside("10.50.5.2"), 443),
    "[access.audit] stamp_url": Edge(ours("node"), outside("10.50.6.2"), 443),
}
"""Every setting that names somebody outside, and the connection that it makes."""
NEEDED = [
    *OUTSIDE.values(),
    Edge(ours("node"), CAMERA, 322),
    *(Edge(ours(one), ours(other), 10002) for one in RAY for other in RAY),
    *(Edge(ours(one), elsewhere("kube-system"), 53, protocol) for one in RAY for protocol in ("UDP", "TCP")),
    Edge(ours("head"), ours("redis"), 6379),
    *(Edge(OPERATOR, ours("head"), port) for port in (6379, 8265)),
    *(Edge(PROMETHEUS, ours(part), 8080) for part in RAY),
    Edge(PROMETHEUS, ours("node"), 9464),
    Edge(CLIENT, ours("node"), 9465),
    Edge(CAMERA, ours("node"), 9466),
]
KEPT_AWAY = [
    # whoever reaches Ray's ports runs code
    *(Edge(who, ours(part), port) for who in (*OTHERS, elsewhere("default")) for part in RAY for port in (6379, 10002)),
    *(Edge(who, ours(part), 8265) for who in OTHERS for part in RAY),
    *(Edge(who, ours("node"), 9464) for who in (CLIENT, CAMERA, STRANGER, OPERATOR)),
    *(Edge(who, ours("node"), 9465) for who in (PROMETHEUS, CAMERA, STRANGER, OPERATOR, elsewhere("desk"))),
    *(Edge(who, ours("node"), 9466) for who in (PROMETHEUS, CLIENT, STRANGER, OPERATOR)),
    *(Edge(who, ours("redis"), 6379)
      for who in (ours("node"), ours("driver"), PROMETHEUS, CLIENT, CAMERA, STRANGER, OPERATOR)),
    # a pod that was taken over tells nobody
    *(Edge(ours(part), who, port) for part in PARTS for who in (STRANGER, THE_REST) for port in (53, 443, 554, 9465)),
    *(Edge(ours(part), one.target, one.port) for part in ("head", "driver", "redis") for one in OUTSIDE.values()),
    *(Edge(ours(part), elsewhere("default"), 443) for part in PARTS),
    *(Edge(ours("redis"), ours(part), 10002) for part in RAY),
    Edge(ours("node"), CAMERA, 80),
]  # fmt: skip


def holds(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Return whether a label selector fits; an empty one fits everything."""
    assert set(selector) <= {"matchLabels", "matchExpressions"}
    fits = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    for one in selector.get("matchExpressions", ()):
        assert one["operator"] == "In"
        fits = fits and labels.get(one["key"]) in one["values"]
    return fits


def is_peer(peer: dict[str, Any], end: End) -> bool:
    if "ipBlock" in peer:
        assert set(peer) == {"ipBlock"}
        assert set(peer["ipBlock"]) == {"cidr"}
        return bool(end.address) and ip_address(end.address) in ip_network(peer["ipBlock"]["cidr"])
    if "namespaceSelector" in peer:
        assert "podSelector" not in peer
        return bool(end.namespace) and holds(peer["namespaceSelector"], dict(end.namespace))
    return bool(end.part) and holds(peer["podSelector"], {"anpr/part": end.part})


def is_allowed(policies: Policies, edge: Edge, direction: str) -> bool:
    """Return whether the policies let one of ours open the connection (Egress) or have it opened (Ingress)."""
    end, other, peers = (
        (edge.source, edge.target, "to") if direction == "Egress" else (edge.target, edge.source, "from")
    )
    if not end.part:
        return True
    specs = [one["spec"] for one in policies if direction in one["spec"]["policyTypes"]]
    bound = [spec for spec in specs if holds(spec["podSelector"], {"anpr/part": end.part})]
    rules = [rule for spec in bound for rule in spec.get(direction.lower(), ())]
    port = {"protocol": edge.protocol, "port": edge.port}
    fits = [rule for rule in rules if "ports" not in rule or port in rule["ports"]]
    return not bound or any(is_peer(peer, other) for rule in fits for peer in rule[peers])


def lets(policies: Policies, edge: Edge) -> bool:
    return is_allowed(policies, edge, "Egress") and is_allowed(policies, edge, "Ingress")


def with_less(policies: Policies) -> Iterator[tuple[str, Policies]]:
    """Yield the policies with one peer, or one port of a rule, taken away, and what that was."""
    for at, policy in enumerate(policies):
        for direction, peers in (("egress", "to"), ("ingress", "from")):
            for number, rule in enumerate(policy["spec"].get(direction, ())):
                for key in (peers, "ports"):
                    for taken in range(len(rule.get(key, ()))):
                        less = copy.deepcopy(policies)
                        gone = less[at]["spec"][direction][number][key].pop(taken)
                        yield f"{policy['metadata']['name']}: {gone}", less


def told(edges: Iterable[Edge]) -> list[str]:
    return [f"{one.source} → {one.target} {one.protocol} {one.port}" for one in edges]


def test_every_connection_that_is_needed_is_let_through() -> None:
    policies = of_kind("NetworkPolicy")
    assert not told(edge for edge in NEEDED if not lets(policies, edge))


def test_nobody_else_gets_in_and_nothing_else_gets_out() -> None:
    policies = of_kind("NetworkPolicy")
    assert not told(edge for edge in KEPT_AWAY if lets(policies, edge))


def test_every_rule_is_there_for_a_connection_that_is_needed() -> None:
    idle = [what for what, less in with_less(of_kind("NetworkPolicy")) if all(lets(less, edge) for edge in NEEDED)]
    assert not idle


def test_what_no_policy_names_is_shut() -> None:
    policies = {one["metadata"]["name"]: one["spec"] for one in of_kind("NetworkPolicy")}
    assert policies["nothing-else"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert {template["metadata"]["labels"]["anpr/part"] for template in pod_templates().values()} == set(PARTS)


def test_every_setting_that_names_somebody_outside_has_a_way_there() -> None:
    page = (DEPLOY.parent / "docs" / "settings.md").read_text(encoding="utf-8")
    found = set()
    for section in page.split("\n## ")[1:]:
        name = section.split("`")[1]
        keys = re.findall(r"^\| `(url|\w+_url|peer)` \|", section, re.MULTILINE)
        found |= {f"{name} {key}" for key in keys}
    assert found == set(OUTSIDE)


@pytest.mark.parametrize("service", of_kind("Service"), ids=lambda one: one["metadata"]["name"])
def test_every_service_leads_to_a_port_that_somebody_may_open(service: dict[str, Any]) -> None:
    part = service["spec"]["selector"]["anpr/part"]
    (port,) = service["spec"]["ports"]
    for template in pod_templates().values():
        if template["metadata"]["labels"]["anpr/part"] == part:
            (container,) = template["spec"]["containers"]
            ports = {one["name"]: one["containerPort"] for one in container["ports"]}
            assert ports[port.get("targetPort", port["name"])] == port["port"]
    assert any(edge.target == ours(part) and edge.port == port["port"] for edge in NEEDED)


def test_the_services_have_the_ports_of_the_settings() -> None:
    settings = load_settings(KUBERNETES / "settings.toml")
    ports = {one["metadata"]["name"]: one["spec"]["ports"][0]["port"] for one in of_kind("Service")}
    assert (ports["anpr-services"], ports["anpr-join"]) == (settings.services.port, settings.join.port)


def test_addresses_of_cameras_arrive_as_they_are() -> None:
    (joining,) = (one["spec"] for one in of_kind("Service") if one["metadata"]["name"] == "anpr-join")
    # otherwise Kubernetes puts its own in their place, and the policy would let in nobody, or everybody
    assert joining["externalTrafficPolicy"] == "Local"
