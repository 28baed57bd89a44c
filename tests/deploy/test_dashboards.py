"""The dashboards: made by code, asking only for what is counted, and saying what each panel means."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from deploy.grafana.generate import FOLDER, texts
from deploy.grafana.working import BUDGETS
from tests.support.declared import DEPLOY, asked_in, rules, series_by_metric, undeclared_in

BOARDS = {name: json.loads(text) for name, text in texts().items()}


def panels() -> Iterator[Any]:
    for name, board in BOARDS.items():
        for panel in board["panels"]:
            if panel["type"] != "row":
                yield pytest.param(panel, id=f"{name}-{panel['title']}")


def test_what_grafana_loads_is_what_the_code_makes() -> None:
    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert kept == texts(), "run python -m deploy.grafana.generate"


@pytest.mark.parametrize("panel", list(panels()))
def test_a_panel_says_what_it_shows_and_asks_the_provisioned_source_for_what_is_declared(panel: dict[str, Any]) -> None:
    assert panel["description"]
    assert panel["targets"]
    folder = DEPLOY / "grafana" / "provisioning" / "datasources"
    (source,) = yaml.safe_load((folder / "prometheus.yml").read_text(encoding="utf-8"))["datasources"]
    for target in panel["targets"]:
        assert target["datasource"]["uid"] == source["uid"]
        assert not undeclared_in(target["expr"])


def test_everything_that_is_counted_is_in_a_panel_or_a_rule() -> None:
    queries = [
        target["expr"] for board in BOARDS.values() for panel in board["panels"] for target in panel.get("targets", ())
    ]
    asked = {name for query in (*queries, *(rule["expr"] for rule in rules())) for name in asked_in(query)}
    unseen = [name for name, series in series_by_metric().items() if not series & asked]
    assert not unseen, f"nobody looks at {unseen}: show it in a panel, or do not count it"


@pytest.mark.parametrize("name", BOARDS)
def test_a_dashboard_is_found_by_an_address_that_stays_and_has_no_two_panels_of_one_name(name: str) -> None:
    board = BOARDS[name]
    titles = [panel["title"] for panel in board["panels"]]
    assert board["uid"].startswith("anpr-")
    assert len(titles) == len(set(titles))
    # a row is 24 wide, and nothing lies over anything else
    taken = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in board["panels"]
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]
    assert max(x for x, _ in taken) < 24
    assert len(taken) == len(set(taken))


def test_budgets_are_those_of_the_alerts() -> None:
    rules = (DEPLOY / "prometheus" / "rules" / "burn-rates.yml").read_text(encoding="utf-8")
    for objective, budget in BUDGETS.items():
        assert f'{{objective="{objective}"}} > 14.4 * {budget}\n' in rules
