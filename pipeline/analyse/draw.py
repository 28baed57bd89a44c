"""Maps and charts of what the analyses found, as PNG files. Needs matplotlib (`pip install anpr-ray[analysis]`).

Maps are in degrees with a true local scale and without a background: the machine may be offline, and a tile server
would learn where an investigation looks. A picture is as secret as the reads in it.

On failure: OSError when the file cannot be written.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, radians
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure

from pipeline.analyse.clones import Clone
from pipeline.analyse.columns import ReadColumns, instant
from pipeline.analyse.convoy import Companion
from pipeline.analyse.flow import Flow, Silence
from pipeline.analyse.incidents import Common
from pipeline.analyse.seen import Seen

_MOST_ROWS = 30
_BLUE, _RED, _GREY = "#1f5fa8", "#c0392b", "#9aa0a6"


def draw_journeys(reads: ReadColumns, path: Path) -> None:
    """Draw a map of one vehicle's reads, joined in order, coloured by time."""
    figure, axes = _map(reads)
    placed = reads.at(np.flatnonzero(~np.isnan(reads.latitude)))
    axes.plot(placed.longitude, placed.latitude, color=_GREY, linewidth=0.8, zorder=1)
    times = [date2num(instant(one)) for one in placed.seconds]
    dots = axes.scatter(placed.longitude, placed.latitude, c=times, cmap="viridis", s=28, zorder=2)
    _name_cameras(axes, placed)
    bar = figure.colorbar(dots, ax=axes, label="captured (UTC)")
    bar.ax.yaxis.set_major_formatter(ConciseDateFormatter(AutoDateLocator()))
    _save(figure, path)


def draw_clone(reads: ReadColumns, clone: Clone, path: Path) -> None:
    """Draw a map of a mark's reads with its conflicts in red."""
    mine = reads.of(clone.vrm)
    figure, axes = _map(mine)
    axes.scatter(mine.longitude, mine.latitude, color=_BLUE, s=24, zorder=2)
    where = {
        mine.cameras[camera]: (longitude, latitude)
        for camera, longitude, latitude in zip(mine.camera, mine.longitude, mine.latitude, strict=True)
    }
    for one in clone.conflicts:
        longitudes, latitudes = zip(where[one.camera], where[one.other_camera], strict=True)
        axes.plot(longitudes, latitudes, color=_RED, linewidth=0.9, alpha=0.6, zorder=1)
    _name_cameras(axes, mine)
    axes.set_title(f"{clone.vrm}: {len(clone.conflicts)} conflicts, cloned with {clone.probability:.0%}")
    _save(figure, path)


def draw_convoy(companions: Sequence[Companion], path: Path) -> None:
    """Draw each companion's score as a bar, with trips together and what chance expects."""
    labels = [f"{one.vrm}  {one.trips_together} of {one.trips}, by chance {one.expected:.2f}" for one in companions]
    _bars(labels, [one.score for one in companions], "score: -log10 of the probability by chance", path)


def draw_common(found: Sequence[Common], path: Path) -> None:
    """Draw each vehicle's score as a bar, with the incidents that it was at."""
    labels = [f"{one.vrm}  {', '.join(one.incidents)}" for one in found]
    _bars(labels, [one.score for one in found], "score: -log10 of the probability by chance", path)


def draw_seen(found: Sequence[Seen], path: Path) -> None:
    """Draw for each mark the time from its first to its last read."""
    rows = list(found[:_MOST_ROWS])
    figure = Figure(figsize=(9, 1.2 + 0.28 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    for at, one in enumerate(rows):
        first, last = date2num(one.first_at), date2num(one.last_at)
        axes.plot([first, last], [at, at], color=_BLUE, marker="|", linewidth=2)
    axes.set_yticks(range(len(rows)), [f"{one.vrm} ({one.reads})" for one in rows])
    axes.invert_yaxis()
    _time_axis(axes)
    _save(figure, path)


def draw_flow(flow: Flow, silences: Sequence[Silence], path: Path) -> None:
    """Draw reads an hour of the busiest cameras, with their silences in red."""
    busiest = np.argsort(-flow.per_hour.sum(axis=1))[:_MOST_ROWS]
    silent = {one.camera for one in silences}
    shown = sorted({*busiest.tolist(), *(at for at, one in enumerate(flow.cameras) if one in silent)})[:_MOST_ROWS]
    figure = Figure(figsize=(9, 1 + 0.7 * max(1, len(shown))), layout="constrained")
    hours = [date2num(flow.begin) + at / 24 for at in range(flow.per_hour.shape[1])]
    for row, axes in enumerate(figure.subplots(max(1, len(shown)), 1, sharex=True, squeeze=False)[:, 0]):
        if row >= len(shown):
            continue
        camera = flow.cameras[shown[row]]
        axes.step(hours, flow.per_hour[shown[row]], where="post", color=_BLUE, linewidth=0.9)
        axes.set_ylabel(camera, rotation=0, ha="right", va="center", fontsize=7)
        for one in silences:
            if one.camera == camera:
                axes.axvspan(date2num(one.begin), date2num(one.end), color=_RED, alpha=0.3)
        axes.tick_params(labelsize=6)
        _time_axis(axes)
    figure.supxlabel("reads an hour (UTC); silences red", fontsize=8)
    _save(figure, path)


def _bars(labels: Sequence[str], values: Sequence[float], meaning: str, path: Path) -> None:
    count = min(_MOST_ROWS, len(labels))
    figure = Figure(figsize=(9, 1.2 + 0.28 * count), layout="constrained")
    axes = figure.add_subplot()
    finite = [one if one != float("inf") else 300.0 for one in values[:count]]
    axes.barh(range(count), finite, color=_BLUE)
    axes.set_yticks(range(count), labels[:count], fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel(meaning)
    _save(figure, path)


def _map(reads: ReadColumns) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(8, 7), layout="constrained")
    axes = figure.add_subplot()
    middle = float(np.nanmean(reads.latitude)) if len(reads) and not np.isnan(reads.latitude).all() else 0.0
    axes.set_aspect(1 / max(0.01, cos(radians(middle))))
    axes.set_xlabel("longitude (degrees)")
    axes.set_ylabel("latitude (degrees)")
    axes.ticklabel_format(useOffset=False)
    return figure, axes


def _name_cameras(axes: Axes, reads: ReadColumns) -> None:
    cameras, first = np.unique(reads.camera, return_index=True)
    for camera, row in zip(cameras[:_MOST_ROWS], first[:_MOST_ROWS], strict=True):
        place = (reads.longitude[row], reads.latitude[row])
        axes.annotate(reads.cameras[camera], place, fontsize=7, xytext=(4, 4), textcoords="offset points")


def _time_axis(axes: Axes) -> None:
    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
