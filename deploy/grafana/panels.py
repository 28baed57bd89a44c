"""How panels and dashboards look: every dashboard is made of these few kinds, so that all read alike.

Queries are written with $node (the nodes chosen above) and $__rate_interval; `quantiles` and the like write the usual
ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import common, stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import Dashboard, DashboardLink, QueryVariable, Row, ThresholdsConfig
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models.common import (
    BigValueGraphMode,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    DataSourceRef,
    DataTransformerConfig,
    Threshold,
    ThresholdsMode,
    VariableRefresh,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE = DataSourceRef(type_val="prometheus", uid="anpr-prometheus")
"""The data source that provisioning/datasources/prometheus.yml makes."""
NODE = '{node=~"$node"}'
CAMERA = '{node=~"$node", camera=~"$camera"}'
_TAG = "anpr"
Query = tuple[str, str]
"""An expression, and what its lines are called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A row of a dashboard."""

    title: str
    panels: Sequence[Any]


def board(title: str, uid: str, says: str, parts: Sequence[Part], *, cameras: bool = False) -> Dashboard:
    """Return a dashboard that is narrowed by node, and by camera if `cameras`."""
    made = Dashboard(title).uid(uid).description(says).tags([_TAG]).readonly().refresh("30s").time("now-6h", "now")
    made = made.timezone("browser").link(
        DashboardLink("anpr").type(DashboardLinkType.DASHBOARDS).tags([_TAG]).as_dropdown(True).keep_time(True)
    )
    made = made.with_variable(_variable("node", "Node", "label_values(anpr_node_info, node)"))
    if cameras:
        # those that read by themselves give reads and no frames
        chosen = 'label_values({__name__=~"anpr_(frames|reads)_total", node=~"$node"}, camera)'
        made = made.with_variable(_variable("camera", "Camera", chosen))
    for part in parts:
        made = made.with_row(Row(part.title))
        for panel in part.panels:
            made = made.with_panel(panel)
    return made


def graph(
    title: str,
    says: str,
    *queries: Query,
    unit: str = "short",
    width: int = 12,
    stacked: bool = False,
    least: float | None = 0.0,
) -> Any:
    """Return lines over time; the axis begins at `least`."""
    legend = common.VizLegendOptions().show_legend(True).placement(LegendPlacement.BOTTOM)
    panel = (
        timeseries.Panel()
        .title(title)
        .description(says)
        .datasource(SOURCE)
        .unit(unit)
        .span(width)
        .height(8)
        .fill_opacity(30 if stacked else 5)
        .legend(legend.display_mode(LegendDisplayMode.LIST))
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
    )
    if least is not None:
        panel = panel.min(least)
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL))
    return _asking(panel, queries)


def number(
    title: str, says: str, expression: str, *, unit: str = "short", amber: float | None = None,
    red: float | None = None, low_is_bad: bool = False, width: int = 4,
) -> Any:  # fmt: skip
    """Return one large number; it turns amber and red from these values on, or below them if `low_is_bad`."""
    steps = [Threshold(value=None, color="red" if low_is_bad and red is not None else "green")]
    for value, colour in ((amber, "orange"), (red, "red")):
        if value is not None and not low_is_bad:
            steps.append(Threshold(value=value, color=colour))
    if low_is_bad:
        steps += [Threshold(value=red, color="orange"), Threshold(value=amber, color="green")]
    panel = (
        stat.Panel()
        .title(title)
        .description(says)
        .datasource(SOURCE)
        .unit(unit)
        .span(width)
        .height(4)
        .graph_mode(BigValueGraphMode.AREA)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps))
    )
    return _asking(panel, [(expression, "")])


def listing(title: str, says: str, *columns: Query, by: Sequence[str]) -> Any:
    """Return a table with a line for each value of the labels `by`; a column is an expression and its heading."""
    hidden = {"Time": True, "job": True, "instance": True, "__name__": True}
    named = {f"Value #{_letter(at)}": heading for at, (_, heading) in enumerate(columns)}
    panel = table.Panel().title(title).description(says).datasource(SOURCE).span(24).height(10)
    for at, (expression, _) in enumerate(columns):
        query = Dataquery().expr(f"max by ({', '.join(by)}) ({expression})").ref_id(_letter(at))
        panel = panel.with_target(query.instant().format(PromQueryFormat.TABLE).datasource(SOURCE))
    panel = panel.with_transformation(DataTransformerConfig(id_val="merge", options={}))
    shaping = {"excludeByName": hidden, "renameByName": named}
    return panel.with_transformation(DataTransformerConfig(id_val="organize", options=shaping))


def quantiles(metric: str, *, by: str = "", chosen: str = NODE, of: Sequence[float] = (0.5, 0.95, 0.99)) -> list[Query]:
    """Return the quantiles of a histogram over the last moments, by a label if one is named."""
    labels = f"le, {by}" if by else "le"
    called = f"{{{{{by}}}}} " if by else ""
    return [
        (
            f"histogram_quantile({one}, sum by ({labels}) (rate({metric}_bucket{chosen}[$__rate_interval])))",
            f"{called}p{one * 100:g}",
        )
        for one in of
    ]


def rate(metric: str, *, by: str, chosen: str = NODE, each: str = "") -> Query:
    """Return how fast a counter grows, by labels."""
    called = each or " ".join(f"{{{{{one.strip()}}}}}" for one in by.split(","))
    return f"sum by ({by}) (rate({metric}{chosen}[$__rate_interval]))", called


def share(part: str, whole: str, *, by: str, chosen: str = NODE) -> Query:
    """Return what share of the one counter's growth the other's is, by labels."""
    called = " ".join(f"{{{{{one.strip()}}}}}" for one in by.split(","))
    grows = "sum by ({}) (rate({}{}[$__rate_interval]))"
    return f"{grows.format(by, part, chosen)} / {grows.format(by, whole, chosen)}", called


def _asking(panel: Any, queries: Sequence[Query]) -> Any:
    for at, (expression, called) in enumerate(queries):
        query = Dataquery().expr(expression).legend_format(called or "__auto").ref_id(_letter(at)).range()
        panel = panel.with_target(query.datasource(SOURCE))
    return panel


def _variable(name: str, label: str, query: str) -> QueryVariable:
    made = QueryVariable(name).label(label).query(query).datasource(SOURCE).multi(True).include_all(True)
    return made.all_value(".*").refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)


def _letter(at: int) -> str:
    return chr(ord("A") + at)
