"""Which node of a cluster runs which camera, and why. Plain reckoning over what is there; nothing is started here.

Promise: a camera that runs stays where it runs, unless its node leaves or is gone, the node that its settings name has
come, or the load can be evened out. The same situation always gives the same answer, and every answer has its reason in
words.
On failure: a camera for which no node has room is not placed, and the reason says so; it is placed as soon as one has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

NOWHERE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A node that may run cameras, and how many at most. One that leaves takes no more and gives away what it has."""

    name: str
    room: int
    leaving: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a camera runs, or `NOWHERE`, and why."""

    node: str
    why: str


def place(wishes: Mapping[str, str], spots: Sequence[Spot], present: Mapping[str, Placement]) -> dict[str, Placement]:
    """Return the placement of every camera. `wishes` are the nodes that their settings name, empty for any."""
    room = {spot.name: spot.room for spot in sorted(spots, key=lambda one: one.name) if not spot.leaving}
    leaving = {spot.name for spot in spots if spot.leaving}
    taken = dict.fromkeys(room, 0)
    placed: dict[str, Placement] = {}

    def put(camera: str, placement: Placement) -> None:
        placed[camera] = placement
        taken[placement.node] += 1

    for camera, wish in sorted(wishes.items()):
        if wish in room and taken[wish] < room[wish]:
            put(camera, Placement(node=wish, why="its settings name this node"))
    for camera in sorted(set(wishes) & set(present) - set(placed)):
        at = present[camera].node
        if at in room and taken[at] < room[at]:
            put(camera, present[camera])
    for camera in sorted(set(wishes) - set(placed)):
        free = [name for name in room if taken[name] < room[name]]
        if not free:
            placed[camera] = Placement(node=NOWHERE, why="no node has room for it; it waits for one")
            continue
        node = min(free, key=lambda name: (taken[name] + 1) / room[name])
        before = present[camera].node if camera in present else NOWHERE
        put(camera, Placement(node=node, why=_because(node, wishes[camera], before, room, leaving)))
    _even_out(placed, taken, room, movable={camera for camera, wish in wishes.items() if wish not in room})
    return placed


def _because(node: str, wish: str, before: str, room: Mapping[str, int], leaving: set[str]) -> str:
    if wish in room:
        return f"{wish}, which its settings name, is full"
    if wish:
        return f"{wish}, which its settings name, is {'leaving' if wish in leaving else 'not there'}"
    if before in leaving:
        return f"{before} is leaving; the most room was here"
    if before not in (NOWHERE, node):
        return f"{before} is gone; the most room was here"
    return "the most room was here"


def _even_out(
    placed: dict[str, Placement], taken: dict[str, int], room: Mapping[str, int], *, movable: set[str]
) -> None:
    """Move cameras from the fullest node to the emptiest while that makes the fullest less full than it was."""
    while True:
        movers = {one.node: camera for camera, one in sorted(placed.items()) if camera in movable and one.node in taken}
        if not movers:
            return
        fullest = max(movers, key=lambda name: (taken[name] / room[name], name))
        emptiest = min(room, key=lambda name: ((taken[name] + 1) / room[name] if room[name] else float("inf"), name))
        if not room[emptiest] or (taken[emptiest] + 1) / room[emptiest] >= taken[fullest] / room[fullest]:
            return
        placed[movers[fullest]] = Placement(node=emptiest, why=f"moved from {fullest} to even out the load")
        taken[fullest] -= 1
        taken[emptiest] += 1
