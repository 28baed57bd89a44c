"""The pictures of `benchmarks.scale`: where the time goes, and what more cameras do than the machine bears."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.harness import RESULTS


def draw(figures: dict[str, Any], path: Path = RESULTS / "scale.png") -> None:
    """Write the plots."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4), layout="constrained")
    stages = figures["stages"]
    left.barh([row["stage"] for row in stages], [100 * row["share"] for row in stages], color="tab:blue")
    left.invert_yaxis()
    left.set_xlabel("per cent of processor time")
    left.set_title(f"busy road: {figures['busy_to_decode_ratio']} times decoding alone")
    rows = figures["cameras_in_real_time"]
    cameras = [row["cameras"] for row in rows]
    for start in ("picture", "end of passage"):
        for part in ("p50", "p99"):
            # of too few reads there is no p99
            late = [(row["cameras"], row[f"{start} to read {part} ms"]) for row in rows]
            known = [one for one in late if one[1] is not None]
            if known:
                right.plot(*zip(*known, strict=True), "o-", label=f"{start} to read, {part} (ms)")
    right.set_xlabel("busy cameras in real time")
    right.set_ylim(bottom=0)
    beside = right.twinx()
    shed = [100 * row["looks shed"] / max(row["frames a second"] * row["seconds"], 1) for row in rows]
    beside.bar(cameras, shed, alpha=0.25, color="tab:red", width=0.4)
    beside.set_ylabel("looks shed for each 100 frames")
    right.legend(loc="upper left", fontsize="small")
    figure.savefig(path, dpi=90)
    pyplot.close(figure)
