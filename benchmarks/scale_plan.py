"""What `benchmarks.scale` reckons from what it measured: what Ray adds to a camera, what fleets need, what that costs.

`python -m benchmarks.scale_plan` reckons it anew from the rows of the committed result, where the arithmetic has
changed and the measurements have not; nothing else of the result is touched.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from benchmarks import capacity
from benchmarks.harness import RESULTS
from pipeline.errors import Unavailable

BUSY_LOOKS_A_SECOND = capacity.Camera().looks_per_second
"""On a road on which something always moves."""


def main() -> None:
    path = RESULTS / "scale.json"
    result = json.loads(path.read_text(encoding="utf-8"))
    figures = result["figures"]
    for name in ("plans", "prices"):
        del figures[name]
    figures |= on_ray(figures)
    figures |= planned(figures)
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures))


def on_ray(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a busy camera in real time on Ray takes, and its node without it: a line through the rows that shed
    nothing, for the others did less than all of their work."""
    rows = [row for row in figures["cameras_in_real_time"] if not row["looks shed"]]
    if len({row["cameras"] for row in rows}) < 2:
        raise Unavailable("fewer than two numbers of cameras shed nothing: this machine is too busy to plan by")
    camera, node = capacity.line_of([row["cameras"] for row in rows], [row["cores used"] for row in rows])
    in_process = figures["busy_core_share_in_process"]
    return {
        "busy_core_share_on_ray": round(camera, 3),
        "node_core_share_on_ray": round(node, 3),
        "cameras_a_core_busy_on_ray": round(1 / camera, 2),
        "on_ray_ms_more_a_look": round(1000 * (camera - in_process) / BUSY_LOOKS_A_SECOND, 2),
        # what a plan by the costs in process alone would be off for a busy camera
        "model_error_without_ray": round(in_process / camera - 1, 3),
    }


def cores_reckoned(figures: Mapping[str, Any], work: capacity.Work, seconds: float, cameras: int) -> float:
    """Return the cores that so many cameras on Ray should take, each of which does `work` in `seconds`."""
    costs, more = _costs(figures), _more(figures)
    return cameras * work.seconds(more.costs(costs)) / seconds + more.node


def planned(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return what fleets and camera-years need, by the costs that were measured and what Ray adds to them."""
    costs, more, camera = _costs(figures), _more(figures), capacity.Camera()
    without = replace(costs, look=0.0, searched_megapixel=0.0, plate=0.0, reading=0.0)
    plans, prices = [], []
    for fleet in capacity.FLEETS:
        need, alone = capacity.need_of(fleet, camera, costs, more), capacity.need_of(fleet, camera, costs)
        plans.append(
            {
                "fleet": fleet.name,
                "cameras": fleet.cameras,
                "core share in process": round(alone.core_share, 3),
                "core share on Ray": round(need.core_share, 3),
                "average core share on Ray": round(need.average_core_share, 3),
                "cores in process": alone.cores,
                "cores on Ray": need.cores,
                "reads a second": round(need.reads_a_second, 3),
                "terabytes a year": round(need.terabytes_a_year, 3),
                "gigabits a second": round(need.gigabits_a_second, 3),
            }
        )
    for machine in capacity.MACHINES:
        # what Ray adds to a look stays with the camera, wherever the models are
        of_machine = without if machine.inference_elsewhere else costs
        share = capacity.need_of(capacity.FLEETS[0], camera, of_machine, more).core_share
        prices.append(
            {
                "machine (assumed price)": machine.name,
                "cameras on Ray": round(capacity.cameras_on(machine, share, node=more.node), 1),
                "dollars a camera-year": round(capacity.dollars_a_camera_year(machine, share, more.node), 2),
                "source of the price": machine.source,
            }
        )
    return {"plans": plans, "prices": prices}


def vars_of(one: Any) -> list[tuple[str, float]]:
    return [(name, getattr(one, name)) for name in one.__dataclass_fields__]


def _costs(figures: Mapping[str, Any]) -> capacity.Costs:
    return capacity.Costs(**{row["part"].replace(" ", "_"): row["ms"] / 1000 for row in figures["costs"]})


def _more(figures: Mapping[str, Any]) -> capacity.OnRay:
    return capacity.OnRay(look=figures["on_ray_ms_more_a_look"] / 1000, node=figures["node_core_share_on_ray"])


if __name__ == "__main__":
    main()
