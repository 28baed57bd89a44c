"""The last page of a run: what was read, where it lies, and what to try next."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import ray
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from actors.picture import Picture
from actors.topology import Node
from pipeline import bootstrap
from pipeline.domain.read import Read, ReadId
from pipeline.errors import BadInput
from pipeline.settings import Settings


def summarise(settings: Settings, node: Node, picture: Picture, console: Console) -> int:
    """Print the summary; return the exit status: 1 when a feed failed, else 0."""
    store = bootstrap.store_reader(settings)
    ids = {name: ray.get(actor.reads.remote()) for name, actor in node.cameras.items()}
    reads = store.reads_of([one for several in ids.values() for one in several])
    console.print()
    console.print(_table(settings, picture, ids, reads))
    for name, why in sorted(picture.ended.items()):
        if why:
            console.print(f"[red]{name} failed:[/red] {escape(why)}", soft_wrap=True)
    kinds = Counter(seen.hit.kind.value for seen in picture.hits)
    told = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items())) or "none"
    console.print(f"hits       {told} in {settings.match.hits_path(settings.folder)}", soft_wrap=True)
    console.print(
        f"alerts     in {settings.alert.folder_in(settings.folder)}: anpr alerts list, with the same --config",
        soft_wrap=True,
    )
    console.print(f"store      {store.url}: {len(reads)} reads of this run, {store.count()} in all", soft_wrap=True)
    if settings.demonstration.pictures:
        folder = Path(settings.demonstration.pictures)
        store.export_pictures(reads, folder)
        console.print(f"pictures   {folder}/: patch and overview of each read as JPEG", soft_wrap=True)
    else:
        console.print(f"pictures   in the store's table of images: {store.images_url}", soft_wrap=True)
    port = ray.get(node.metrics.port.remote())
    console.print(f"metrics    http://{settings.metrics.host}:{port}/metrics while it runs", soft_wrap=True)
    console.print(
        'next       anpr doctor · anpr read PHOTO --draw var/drawn · make run FEEDS="gate=rtsp://… yard=clip.mp4"',
        soft_wrap=True,
    )
    return 1 if any(picture.ended.values()) else 0


def _table(settings: Settings, picture: Picture, ids: dict[str, list[ReadId]], reads: list[Read]) -> Table:
    # lines around cells would leave the numbers too little of eighty columns
    table = Table(title="Summary", title_justify="left", box=box.SIMPLE, pad_edge=False, collapse_padding=True)
    truth = truth_of(Path(settings.demonstration.truth)) if settings.demonstration.truth else {}
    headings = ["feed", "frames", "drops", "faults", "reads"] + (
        ["rendered", "right", "missed", "false"] if truth else []
    )
    for at, heading in enumerate(headings):
        table.add_column(heading, justify="left" if at == 0 else "right")
    marks = {read.read_id: read.vrm for read in reads}
    totals: Counter[str] = Counter()
    for name in settings.feeds:
        status = picture.cameras.get(name)
        seen = [status.frames, status.dropped, status.faults] if status else [0, 0, 0]
        row = [name, *map(str, seen), str(len(ids[name]))]
        if truth:
            counted = compared(truth.get(name, Counter()), Counter(marks[one] for one in ids[name] if one in marks))
            totals.update(counted)
            row += [str(counted[key]) for key in ("rendered", "right", "missed", "false")]
        table.add_row(*row)
    if truth:
        table.add_section()
        table.add_row("all", "", "", "", "", *(str(totals[key]) for key in ("rendered", "right", "missed", "false")))
        share = totals["right"] / max(1, totals["rendered"])
        table.caption = f"{totals['right']} of {totals['rendered']} rendered passages read right: {share:.1%}"
        table.caption_justify = "left"
    return table


def truth_of(path: Path) -> dict[str, Counter[str]]:
    """Return how often each mark passes each feed. Raises BadInput when the file is not the scenes' own."""
    truth: dict[str, Counter[str]] = {}
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                if row["vrm"]:
                    truth.setdefault(row["feed"], Counter())[row["vrm"]] += 1
    except (OSError, KeyError) as error:
        raise BadInput(
            f"{path}: is not the truth of rendered feeds ({error}); render them with `make feeds`"
        ) from error
    return truth


def compared(rendered: Counter[str], read: Counter[str]) -> Counter[str]:
    """Return how many passages were rendered, read right (once), missed, and how many reads are false or double."""
    right = rendered & read
    return Counter(
        rendered=rendered.total(),
        right=right.total(),
        missed=(rendered - right).total(),
        false=(read - right).total(),
    )
