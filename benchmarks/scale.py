"""What is the limit: cameras a core, where the time goes, what happens past it, and what that costs?

`python -m benchmarks.scale` renders a busy and a quiet road (1080p, 25 frames a second, H.264) and measures on them, in
processor time (`os.times`, all threads, user and system; so it may be run on a machine that has other work): decoding
alone, the whole flow in this process, its stages, the same on Ray; then, in real time, 1 to N cameras on Ray past what
the machine can do, by which what Ray adds to a camera is told (`scale_plan`).
`--short` takes small pictures and one and two cameras, to see that it runs.

`quiet_core_share`: part of a core that the flow of one camera takes while nobody comes (goal: 0.05 at most).
`busy_to_decode_ratio`: the flow's processor time on the busy road over that of decoding it, with one thread and without
converting anything (goal: 2 at most).
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np

from actors.topology import Node
from benchmarks import capacity, flame
from benchmarks.harness import publish
from benchmarks.scale_clips import FULL, GROUP, Clip, beginning_of, busy_clip, over_and_over, quiet_clip
from benchmarks.scale_flow import Flow, Quiet, packet_megabits, processor_seconds
from benchmarks.scale_plan import cores_reckoned, on_ray, planned, vars_of
from benchmarks.scale_plots import draw
from benchmarks.scale_ray import cameras_in_real_time, node_for, processor_seconds_on_ray
from pipeline import bootstrap_reading
from pipeline.domain.ports import PlateReader
from pipeline.settings import InferenceSettings, Settings

SMALL = (640, 360)
ROUNDS = 4
_RATIO_ROUNDS = 10
"""Of decoding and of the flow: on rented processors the same work takes up to a third more in some seconds."""
_TURNS = {1: 2, 2: 4, 4: 4, 6: 3, 8: 3}
"""How often so many cameras in real time show the busy road: what two cores can just bear, and what they cannot, long
enough for a p99 (a hundred reads and more)."""
_CHECKED_CAMERAS = 3
"""Show another road in real time: what Ray adds is told from the busy one."""
_SETTLED = 2 * GROUP
"""Frames after the last vehicle until the road counts as quiet."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="small: to see that it runs, figures mean little")
    short = parser.parse_args().short
    with tempfile.TemporaryDirectory(prefix="anpr-scale-") as folder:
        say("rendering a busy and a quiet road")
        busy, quiet = rendered(Path(folder), SMALL if short else FULL, *((7, 20) if short else (16, 40)))
        figures = measured(busy, quiet, Path(folder), turns={1: 1, 2: 1} if short else _TURNS)
    draw(figures)
    publish("scale", figures)


def rendered(folder: Path, size: tuple[int, int], busy_seconds: float, quiet_seconds: float) -> tuple[Clip, Clip]:
    """Render both roads, each in a process of its own."""
    with ProcessPoolExecutor(max_workers=2, mp_context=multiprocessing.get_context("spawn")) as pool:
        quiet = pool.submit(quiet_clip, folder / "quiet.mp4", quiet_seconds, size)
        busy = pool.submit(busy_clip, folder / "busy.mp4", busy_seconds, size)
        return busy.result(), quiet.result()


def measured(busy: Clip, quiet: Clip, folder: Path, turns: Mapping[int, int]) -> dict[str, Any]:
    # one thread of inference: what is counted is work, not how soon it is done
    settings = Settings(folder=str(folder / "var"), inference=InferenceSettings(threads=1))
    plates = bootstrap_reading.plate_reader(settings)
    plates.warm_up()
    say(f"decoding {busy.frames} frames of a busy road, and the flow of it")
    decoding, converting, flowing = least(
        lambda: decoded(busy),
        lambda: decoded(busy, convert=True),
        lambda: Flow(busy, settings, plates, folder).run(),
        rounds=_RATIO_ROUNDS,
    )
    say(f"the flow takes {flowing / decoding:.2f} times what decoding takes; now a quiet road")
    beginning = beginning_of(quiet, quiet.quiet_from + _SETTLED, folder / "beginning.mp4")
    quietly = Quiet(quiet, beginning, settings, plates, folder)
    whole = replace(settings, capture=replace(settings.capture, hold_seconds=0.0))
    everything = Quiet(quiet, beginning, whole, plates, folder)
    say(f"{quietly.share:.4f} of a core, {everything.share:.4f} if everything is decoded; now the stages")
    busy_share = flowing / busy.seconds
    figures: dict[str, Any] = {
        "quiet_core_share": round(quietly.share, 4),
        "busy_to_decode_ratio": round(flowing / decoding, 3),
        "decode_ms_a_frame": round(1000 * decoding / busy.frames, 2),
        "decode_and_convert_ms_a_frame": round(1000 * converting / busy.frames, 2),
        "flow_ms_a_frame_busy": round(1000 * flowing / busy.frames, 2),
        "busy_core_share_in_process": round(busy_share, 3),
        "quiet_core_share_decoding_everything": round(everything.share, 4),
        "quiet_frames_undecoded_share": round(quietly.undecoded_share, 3),
        "cameras_a_core_busy_in_process": round(1 / busy_share, 2),
        "cameras_a_core_quiet": round(1 / quietly.share, 1),
        "busy_vehicles_a_minute": round(60 * busy.vehicles / busy.seconds, 1),
    }
    figures |= staged(busy, flowing, quietly, settings, plates, folder)
    plates.close()
    with node_for(max(turns), settings, folder / "ray") as node:
        say("the same on Ray")
        figures["ray_to_in_process_ratio"] = round(processor_seconds_on_ray(node, busy, settings) / flowing, 3)
        figures["cameras_in_real_time"] = rows = []
        for number, times in turns.items():
            rows.append(cameras_in_real_time(node, over_and_over(busy, times), settings, number))
            say(f"in real time: {rows[-1]}")
        figures |= on_ray(figures)
        figures |= checked_on_ray(node, beginning, quietly.less.work, settings, figures)
    return figures | planned(figures)


def checked_on_ray(
    node: Node, clip: Clip, work: capacity.Work, settings: Settings, figures: dict[str, Any]
) -> dict[str, Any]:
    """Return what cameras on Ray took that show `clip`, and how far off it is what is reckoned for `work`."""
    row = cameras_in_real_time(node, clip, settings, _CHECKED_CAMERAS)
    reckoned = cores_reckoned(figures, work, clip.seconds, _CHECKED_CAMERAS)
    say(f"another road in real time: {row}; {reckoned:.2f} cores were reckoned")
    return {
        "other_road_in_real_time": [row | {"cores reckoned": round(reckoned, 2)}],
        "model_error_on_ray": round(reckoned / row["cores used"] - 1, 3),
    }


def staged(
    busy: Clip, flowing: float, quietly: Quiet, settings: Settings, plates: PlateReader, folder: Path
) -> dict[str, Any]:
    """Return the shares of the stages, the price of each part, and how far these prices are off on the other clip.

    The sampler tells shares; `flowing`, what the busy clip takes without it, makes seconds of them.
    """
    with flame.Sampler() as sampler:
        work = Flow(busy, settings, plates, folder).run().work
    flame.draw(sampler.spent)
    spent = sampler.stages()
    total = sum(spent.values())
    of = lambda *names: flowing / total * sum(spent.get(name, 0.0) for name in names)  # noqa: E731
    fit = decoding_fit(busy)
    fitted = fit[0] * work.decoded_frames + fit[1] * work.decoded_megabits
    empty, for_megabit = (part / fitted for part in fit)
    price = capacity.Costs(
        undecoded_frame=0.0,
        decoded_frame=of("decode") * empty + of("motion") / work.decoded_frames,
        decoded_megabit=of("decode") * for_megabit,
        # the rest is threads that wake one another for a frame that is looked at
        look=of("track", "other") / work.looks,
        searched_megapixel=of("reduce", "detect") / work.searched_megapixels,
        plate=of("convert", "corners", "crop") / max(work.plates, 1),
        reading=of("recognise") / max(work.readings, 1),
        read=of("read") / max(work.reads, 1),
    )
    rest = quietly.seconds - quietly.work.seconds(price)
    price = replace(price, undecoded_frame=max(0.0, rest) / quietly.work.undecoded_frames)
    return {
        "stages": [{"stage": name, "share": round(seconds / total, 3)} for name, seconds in spent.items()],
        "costs": [{"part": name.replace("_", " "), "ms": round(1000 * value, 3)} for name, value in vars_of(price)],
        "model_error_on_other_clip": round(quietly.flow.work.seconds(price) / quietly.flow.spent - 1, 3),
        # of which nothing has a price in it
        "model_error_on_its_beginning": round(quietly.less.work.seconds(price) / quietly.less.spent - 1, 3),
    }


def decoding_fit(clip: Clip) -> tuple[float, float]:
    """Return seconds a frame and seconds a megabit of decoding `clip`: a line through its packets, each of which counts
    with the least of a few rounds."""
    rounds = []
    for _ in range(ROUNDS + 1):
        with av.open(str(clip.path)) as container:
            container.streams.video[0].codec_context.thread_count = 1
            spent = []
            for packet in container.demux(video=0):
                began = time.thread_time()
                packet.decode()
                spent.append(time.thread_time() - began)
            rounds.append(spent)
    sizes = np.array(packet_megabits(clip.path))
    seconds = np.min(rounds, axis=0)[: len(sizes)]
    for_megabit, for_frame = np.polyfit(sizes, seconds, 1)
    return float(for_frame), float(for_megabit)


def decoded(clip: Clip, convert: bool = False) -> int:
    """Decode with one thread, and convert to the pixels that detection takes only if asked to."""
    with av.open(str(clip.path)) as container:
        container.streams.video[0].codec_context.thread_count = 1
        return sum(
            1 for frame in container.decode(video=0) if not convert or frame.to_ndarray(format="bgr24") is not None
        )


def least(*works: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Return the least processor time of each over a few rounds, taken in turns: what else the machine does can only
    add to it, and what makes all of it slower for a while does so to all."""
    spent: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, times in zip(works, spent, strict=True):
            began = processor_seconds()
            work()
            times.append(processor_seconds() - began)
    return [min(times) for times in spent]


def say(what: str) -> None:
    print(f"{time.process_time():6.1f} s  {what}", flush=True)


if __name__ == "__main__":
    main()
