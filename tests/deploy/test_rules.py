"""The rules of Prometheus: they say what they mean, name only what is counted, and lead whoever is called to a page."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.grafana.generate import texts
from tests.support.declared import DEPLOY, RULES, buckets_of, rules, undeclared_in

PROMETHEUS = DEPLOY / "prometheus"
RUNBOOKS = DEPLOY.parent / "docs" / "runbooks"
ALERTS = [rule for rule in rules() if "alert" in rule]
BOARDS = {
    board["title"].removeprefix("ANPR ").capitalize(): {one["title"] for one in board["panels"] if one["type"] != "row"}
    for board in map(json.loads, texts().values())
}
"""What runbooks call the dashboards, and the panels of each."""
TOLD = {
    *("actor", "camera", "certificate", "consumer", "hotlist", "node", "part", "peer"),
    *("sender", "service", "table", "webhook"),
}
"""Labels that an alert may show: none is of a vehicle, a person or a place."""


def promtool(*arguments: object) -> str:
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("promtool is not installed: make debian installs the package prometheus, which brings it")
    done = subprocess.run([tool, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_takes_the_rules() -> None:
    promtool("check", "rules", "--lint-fatal", *RULES)


def test_rules_find_what_they_are_for_and_leave_what_is_well_alone() -> None:
    promtool("test", "rules", *sorted((PROMETHEUS / "tests").glob("*.yml")))


def test_every_alert_is_tried_by_a_test_of_rules() -> None:
    tried = "".join(path.read_text(encoding="utf-8") for path in (PROMETHEUS / "tests").glob("*.yml"))
    assert {rule["alert"] for rule in ALERTS} <= set(re.findall(r"Anpr[A-Za-z]+", tried))


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: f"{rule.get('alert') or rule['record']}")
def test_a_rule_names_only_metrics_that_are_declared(rule: dict[str, str]) -> None:
    assert not undeclared_in(rule["expr"])


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: f"{rule.get('alert') or rule['record']}")
def test_the_edge_that_a_rule_counts_up_to_is_a_bucket(rule: dict[str, str]) -> None:
    for name, edge in re.findall(r'\b(anpr\w+)_bucket\{le="([^"]+)"', rule["expr"]):
        assert edge in buckets_of(name), f"{name} counts nothing up to {edge}: the rule is always false"


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_an_alert_says_how_urgent_it_is_what_it_is_and_what_to_do(rule: dict[str, dict[str, str]]) -> None:
    told = rule["annotations"]
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert told["summary"]
    assert told["description"]
    assert told["runbook_url"] == f"{{{{ $externalLabels.runbooks }}}}/{rule['alert']}.md"
    shown = set(re.findall(r"\$labels\.(\w+)", told["summary"] + told["description"]))
    assert shown <= TOLD, f"{shown - TOLD} may tell of a vehicle, a person or a place"


def test_every_alert_has_a_page_and_every_page_an_alert() -> None:
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == {rule["alert"] for rule in ALERTS}


@pytest.mark.parametrize("page", sorted(RUNBOOKS.glob("*.md")), ids=lambda page: page.stem)
def test_a_page_says_what_it_means_what_to_look_at_and_what_to_do(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {page.stem}\n\n")
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## Look at", "## Do"]
    meaning, *parts = re.split(r"^## .*\n", text.removeprefix(f"# {page.stem}\n"), flags=re.MULTILINE)
    assert meaning.strip()
    for part in parts:
        assert part.strip().startswith("* ")
    # in each item, panels come with the dashboard that they are on
    for item in re.split(r"\n\n|^\* ", re.sub(r"`[^`]*`", "", text), flags=re.MULTILINE):
        named = [" ".join(name.split()) for name in re.findall(r"\*([^*]+)\*", item)]
        known = {*BOARDS, *(panel for name in named for panel in BOARDS.get(name, ()))}
        assert set(named) <= known, (
            f"{page.name} names {set(named) - known}, which no dashboard has that it names there"
        )
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (page.parent / link).exists(), f"{page.name} leads to {link}, which is not there"
