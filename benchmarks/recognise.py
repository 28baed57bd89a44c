"""What do a frame and a plate cost, by runtime, batch and threads, against peers and against the floor?

`python -m benchmarks.recognise` times the shipped networks alone in OpenVINO, ONNX Runtime and torch; the product and
the peers that are installed (`make peers`) on the same drawn plates and frames, from decoded pixels on; and gives the
floor: the networks' multiply-adds over the rate of matrix products measured in the same run. It wants a quiet machine.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import av
import numpy as np

from benchmarks.accuracy_table import printed
from benchmarks.harness import publish
from benchmarks.peers.asked import PEERS, Peer
from benchmarks.recognise_floor import floor_milliseconds, gemm_gigaflops, multiply_adds
from benchmarks.recognise_product import CROP, DETECTOR, FRAME, product_rows
from benchmarks.recognise_runtimes import (
    BATCHES,
    IN_BFLOAT16,
    RUNTIMES,
    THREADS,
    milliseconds_an_item,
    networks,
    session_of,
)
from pipeline.capture.stills import save_image
from pipeline.errors import BadInput, Unavailable
from pipeline.inference.precision import Precision, multiplies_bfloat16
from pipeline.inference.weights import model_version_of
from training.degrade import photographed
from training.plates import render_plate
from training.scenes.render import render_clip
from training.scenes.scene import scene_of

Row = dict[str, Any]
_PLATES, _FRAMES, _CLIP_SECONDS = 16, 6, 8
_ABOUT_THE_FLOOR = (
    "within a tenth of 1, also below it, a ratio says no more than: as fast as matrix products. Their rate is the best "
    "of seven, by torch's kernels, and was taken before the networks were timed, which have others"
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recognise", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="time for each figure (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of product and peers (default: %(default)s)")
    parser.add_argument("--without-peers", action="store_true", help="measure the product alone")
    chosen = parser.parse_args()
    shipped = networks()
    precisions: tuple[Precision, ...] = ("float32", "bfloat16") if multiplies_bfloat16() else ("float32",)
    rates = {
        (threads, precision): gemm_gigaflops(threads, precision) for threads in THREADS for precision in precisions
    }
    figures: dict[str, Any] = {
        "models": ", ".join(model_version_of(path) for path, _ in shipped.values()),
        **{
            f"matrix products in {precision}, {threads} threads, GFLOP/s": round(rate, 1)
            for (threads, precision), rate in rates.items()
        },
    }
    ours = [
        row_of(name, *network, runtime, threads, seconds=chosen.seconds)
        for name, network in shipped.items()
        for runtime in RUNTIMES
        for threads in THREADS
    ]
    figures["how to take times the floor"] = _ABOUT_THE_FLOOR
    figures["floor"] = [
        _floor_row(name, *network, threads, precision, rate, ours)
        for name, network in shipped.items()
        for (threads, precision), rate in rates.items()
    ]
    figures["networks alone, milliseconds an item, by batch"] = ours
    figures["product and peers on the same drawn pictures, milliseconds an item, by batch"] = _reader_rows(
        () if chosen.without_peers else PEERS, chosen.rounds
    )
    for title, value in figures.items():
        if isinstance(value, list) and value:
            print(f"\n{title}\n{printed(value)}")
    publish("recognise", figures)


def row_of(name: str, path: Path, shape: tuple[int, ...], runtime: str, threads: int, *, seconds: float) -> Row:
    """Return the milliseconds an item of one network in one runtime."""
    row: Row = {"network": name, "runtime": runtime, "threads": threads}
    try:
        session = session_of(path, runtime, threads)
    except (ImportError, BadInput):
        return row | {f"batch {batch}": "cannot" for batch in BATCHES}
    return row | {f"batch {batch}": round(milliseconds_an_item(session, shape, batch, seconds), 2) for batch in BATCHES}


def _floor_row(
    name: str, path: Path, shape: tuple[int, ...], threads: int, precision: Precision, rate: float, ours: list[Row]
) -> Row:
    work = sum(multiply_adds(path, (1, *shape)).values())
    least = floor_milliseconds(work, rate)
    times = [
        (row[f"batch {batch}"], row["runtime"], batch)
        for row in ours
        if row["network"] == name
        and row["threads"] == threads
        and (row["runtime"] == IN_BFLOAT16) == (precision == "bfloat16")
        for batch in BATCHES
        if isinstance(row[f"batch {batch}"], float)
    ]
    best, runtime, batch = min(times)
    return {
        "network": name,
        "threads": threads,
        "computed in": precision,
        "million multiply-adds": round(work / 1e6, 1),
        "floor ms": round(least, 2),
        "best ms": best,
        "by": f"{runtime}, batch {batch}",
        "times the floor": round(best / least, 1),
    }


def _reader_rows(peers: Sequence[str], rounds: int) -> list[Row]:
    rows: list[Row] = []
    with ExitStack() as stack, tempfile.TemporaryDirectory(prefix="anpr-recognise-") as folder:
        plates, frames = _drawn(Path(folder))
        for threads in THREADS:
            rows += product_rows(plates, frames, threads, rounds)
        for name in peers:
            try:
                peer = stack.enter_context(Peer(name))
            except Unavailable as error:
                print(f"not compared: {error}", file=sys.stderr)
                continue
            for threads in THREADS:
                rows += _rows_of(peer, plates, frames, threads, rounds)
    return rows


def _rows_of(peer: Peer, plates: list[str], frames: list[str], threads: int, rounds: int) -> list[Row]:
    """Return what the peer takes for a plate's crop by batch, and for a frame."""
    head = {"reader": f"{peer.name} {peer.version}", "threads": threads}
    given = {"british": True, "rounds": rounds, "threads": threads}
    crop: Row = head | {"what": CROP}
    for batch in BATCHES:
        answer = peer.ask(task="plate_timing", files=plates, batch=batch, **given)
        crop[f"batch {batch}"] = round(statistics.median(answer["milliseconds"]), 2) if answer else "cannot"
    answer = peer.ask(task="photo_timing", files=frames, **given)
    rows = [crop, _unbatched(head | {"what": FRAME}, answer["milliseconds"])]
    if "detector_milliseconds" in answer:
        rows.append(_unbatched(head | {"what": DETECTOR}, answer["detector_milliseconds"]))
    return rows


def _unbatched(head: Row, milliseconds: list[float]) -> Row:
    return (
        head
        | {"batch 1": round(statistics.median(milliseconds), 2)}
        | dict.fromkeys((f"batch {batch}" for batch in BATCHES[1:]), "cannot")
    )


def _drawn(folder: Path) -> tuple[list[str], list[str]]:
    """Draw crops of plates, and frames of a busy road; return their files."""
    rng = np.random.default_rng(5)
    plates, frames = [], []
    for at in range(_PLATES):
        pixels, _ = photographed(rng, render_plate(rng, 0.75))
        plates.append(folder / f"plate-{at}.png")
        save_image(plates[-1], pixels)
    clip = folder / "busy.mp4"
    render_clip(scene_of("busy", seed=7, seconds=_CLIP_SECONDS), clip)
    with av.open(str(clip)) as film:
        pictures = [frame.to_ndarray(format="bgr24") for frame in film.decode(video=0)]
    for at, pixels in enumerate(pictures[:: len(pictures) // _FRAMES][:_FRAMES]):
        frames.append(folder / f"frame-{at}.png")
        save_image(frames[-1], pixels)
    return [str(path) for path in plates], [str(path) for path in frames]


if __name__ == "__main__":
    main()
