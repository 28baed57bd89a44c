"""How well are real plates read, by us and by others, on the same pictures in the same run?

`ANPR_DATA=folder python -m benchmarks.accuracy` reads the labelled British photos and crops, European photos, video
clips and pictures without plates with the product and with every peer that is installed (`make peers`), and times a
photo. Beside every rate stands its 95 per cent interval (Wilson), because the sets are small. Pictures of the errors
go to `--errors`, never into the repository. Timings want a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks import accuracy_table as table
from benchmarks.accuracy_confidence import drawn_rows, joint_rows, threshold_rows, width_rows
from benchmarks.accuracy_ours import (
    open_unfiltered,
    photo_milliseconds,
    read_clips,
    read_drawn,
    read_held_out,
    read_stills,
    seen_by_peer,
)
from benchmarks.accuracy_scoring import Seen, score_events, score_stills
from benchmarks.accuracy_sets import Clips, Stills, clips_of, stills_of
from benchmarks.accuracy_sheet import clip_errors, still_errors, write_sheet
from benchmarks.harness import publish
from benchmarks.peers.asked import PEERS, Peer
from pipeline.capture.stills import load_image, save_image
from pipeline.errors import AnprError, Unavailable
from pipeline.settings import Settings, load_settings
from training.real_pictures import refuse_inside_repository

_PHOTO = (1280, 720)
_GREY = 114
_THREADS = 2


def main() -> int:
    """Measure; return the exit status: 2 when there are no pictures to measure on."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (TOML), for other weights or thresholds")
    parser.add_argument("--without-peers", action="store_true", help="measure the product alone")
    parser.add_argument(
        "--drawn", type=int, default=2000, help="drawn plates for the confidence (default: %(default)s)"
    )
    parser.add_argument("--rounds", type=int, default=5, help="times every photo is timed (default: %(default)s)")
    parser.add_argument("--print-only", action="store_true", help="write no result file")
    parser.add_argument(
        "--errors",
        type=Path,
        metavar="FOLDER",
        default=Path(tempfile.gettempdir()) / "anpr-accuracy-errors",
        help="where pictures of every error go (default: %(default)s)",
    )
    chosen = parser.parse_args()
    root = Path(os.environ.get("ANPR_DATA", ""))
    if not os.environ.get("ANPR_DATA") or not (root / "eval").is_dir():
        print("benchmarks.accuracy: ANPR_DATA names no folder of labelled pictures (eval/…)", file=sys.stderr)
        return 2
    try:
        refuse_inside_repository(chosen.errors)
        settings = load_settings(chosen.config) if chosen.config else Settings()
        with ExitStack() as stack:
            figures = measured(root, settings, chosen, _peers(stack, chosen))
    except AnprError as error:
        print(f"benchmarks.accuracy: {error}", file=sys.stderr)
        return 1
    if chosen.print_only:
        print(json.dumps(figures))
    else:
        publish("accuracy", figures)
    return 0


def measured(root: Path, settings: Settings, chosen: argparse.Namespace, peers: list[Peer]) -> dict[str, Any]:
    """Return the figures, and print them as tables on the way."""
    settings = replace(settings, inference=replace(settings.inference, threads=_THREADS))
    reader = open_unfiltered(settings)
    rows: list[table.Row] = []
    widths: list[table.Row] = []
    unfiltered: list[tuple[Stills, list[Seen]]] = []
    for stills in stills_of(root):
        everything = read_stills(reader, stills, settings)
        unfiltered.append((stills, everything))
        ours = [one for one in everything if one.confidence >= settings.recognise.minimum_confidence]
        score = score_stills(stills.labels, ours)
        write_sheet(still_errors(stills.files, ours, score), chosen.errors / f"{stills.name}.png")
        widths += width_rows(stills.name, stills.labels, ours)
        by_reader = {"anpr-ray": ours} | {peer.name: _asked(peer, stills) for peer in peers}
        rows += [row for name, seen in by_reader.items() for row in _rows(stills, seen, name)]
    clips = clips_of(root)
    rows += _clip_rows(clips, settings, chosen.errors, peers)
    drawn = read_drawn(reader, chosen.drawn)
    held_out = read_held_out(reader, root)
    reader.close()
    threshold, thresholds = threshold_rows(drawn, unfiltered)
    photos = [(stills, seen) for stills, seen in unfiltered if not stills.crops]
    figures: dict[str, Any] = {
        "model": reader.version,
        "runtime": settings.inference.chosen,
        "threads": _THREADS,
        "peers": ", ".join(f"{peer.name} {peer.version}" for peer in peers) or "none installed",
        "minimum confidence": settings.recognise.minimum_confidence,
        "minimum confidence chosen by held-out backgrounds": threshold if threshold is not None else "none",
        "accuracy": rows,
        "one photo of 1280 x 720 from decoded pixels": _speeds(unfiltered[0][0], settings, chosen.rounds, peers),
        "drawn plates, how they are read and how sure": drawn_rows(drawn),
        "photos by width of the plate": widths,
        "operating point": thresholds,
        "operating point, detector and recogniser together": joint_rows(held_out, photos),
    }
    for title, value in figures.items():
        if isinstance(value, list) and value:
            print(f"\n{title}\n{table.printed(value)}")
    print(f"\npictures of the errors: {chosen.errors}")
    return figures


def _peers(stack: ExitStack, chosen: argparse.Namespace) -> list[Peer]:
    found: list[Peer] = []
    for name in () if chosen.without_peers else PEERS:
        try:
            found.append(stack.enter_context(Peer(name)))
        except Unavailable as error:
            print(f"not compared: {error}", file=sys.stderr)
    return found


def _asked(peer: Peer, stills: Stills) -> list[Seen]:
    files = [str(path.resolve()) for path in stills.files]
    return seen_by_peer(peer.ask(task="read", files=files, british=stills.british, crops=stills.crops))


def _rows(stills: Stills, seen: list[Seen], name: str) -> list[table.Row]:
    if stills.crops:
        return table.rows_of_crops(stills.labels, seen, name)
    return [table.row_of(stills.name, name, score_stills(stills.labels, seen), len(stills.files))]


def _clip_rows(clips: Clips, settings: Settings, errors: Path, peers: list[Peer]) -> list[table.Row]:
    seen = read_clips(settings, clips)
    score = score_events(clips.labels, seen)
    write_sheet(clip_errors(clips.files, seen, score), errors / f"{clips.name}.png")
    rows = [table.row_of(clips.name, "anpr-ray", score, len(clips.files))]
    for peer in peers:
        answer = peer.ask(task="video", files=[str(path.resolve()) for path in clips.files])
        # a reader of text has no tracker
        if answer:
            theirs = score_events(clips.labels, seen_by_peer(answer))
            rows.append(table.row_of(clips.name, peer.name, theirs, len(clips.files)))
    return rows


def _speeds(stills: Stills, settings: Settings, rounds: int, peers: list[Peer]) -> list[table.Row]:
    with tempfile.TemporaryDirectory(prefix="anpr-accuracy-") as folder:
        files = []
        for path in stills.files:
            files.append(Path(folder) / f"{path.stem}.png")
            save_image(files[-1], _fitted(load_image(path)))
        rows = [table.speed_row("anpr-ray", photo_milliseconds(settings, files, rounds))]
        for peer in peers:
            names = [str(path) for path in files]
            answer = peer.ask(task="photo_timing", files=names, british=stills.british, rounds=rounds, threads=_THREADS)
            rows.append(table.speed_row(peer.name, answer["milliseconds"]))
    return rows


def _fitted(pixels: Any) -> Any:
    """Return the photo scaled into 1280 x 720, on grey."""
    scale = min(_PHOTO[0] / pixels.shape[1], _PHOTO[1] / pixels.shape[0])
    size = round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)
    whole = np.full((_PHOTO[1], _PHOTO[0], 3), _GREY, np.uint8)
    whole[: size[1], : size[0]] = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return whole


if __name__ == "__main__":
    sys.exit(main())
