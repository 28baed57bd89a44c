"""Does it hold for long, at full load, with something breaking every 20 seconds?

`python -m benchmarks.soak` runs the whole job in processes of its own for 30 minutes, draws a fault from all that the
project knows every 20 seconds (`benchmarks/soak_faults.py`), starts the run again where it ends by itself and drains it
at last, both as systemd would, and reckons: whether a read that was acknowledged is missing in the store or at the
national centre, or there twice; whether each hit is in exactly one alert, and each alert was delivered; how memory and
open files of every process went; and how late reads were in between. A calm time begins eight seconds after a fault is
over. `all_held` is the verdict of all verdicts.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.harness import publish
from benchmarks.soak_faults import POWER_CUT, Fault, Faults
from benchmarks.soak_system import System
from benchmarks.soak_watch import OBJECTIVES, Watch, share_of
from tests.support.runs import hits_and_alerted, stored_ids

_SAMPLE_SECONDS = 1.0
_CALM_AFTER_SECONDS = 8.0
_PATIENCE_SECONDS = 600.0
_LOOK_AT_CENTRE_SECONDS = 3.0
_MOST_GROWTH_MEBIBYTES, _MOST_GROWTH_FILES = 16.0, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Soak:
    """What is asked for."""

    minutes: float = 30.0
    faults: int | None = None
    """End after so many, however long they take, instead of after so many minutes."""
    fault_every_seconds: float = 20.0
    cameras: int = 3
    scene: str = "busy"
    clip_seconds: int = 40
    size: tuple[int, int] = (1280, 720)
    warm_up_seconds: float = 60.0
    disk_mebibytes: int = 1024
    seed: int | None = None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, kind in (("minutes", float), ("fault-every-seconds", float), ("cameras", int), ("clip-seconds", int)):
        key = name.replace("-", "_")
        parser.add_argument(f"--{name}", type=kind, default=getattr(Soak(), key), help="default: %(default)s")
    parser.add_argument("--warm-up-seconds", type=float, default=Soak().warm_up_seconds, help="default: %(default)s")
    parser.add_argument("--seed", type=int, help="of the order of the faults; a run prints its own")
    with tempfile.TemporaryDirectory(prefix="anpr-soak-") as folder:
        publish("soak", soaked(Soak(**vars(parser.parse_args())), Path(folder)))


def soaked(asked: Soak, folder: Path) -> dict[str, Any]:
    """Run it in `folder`; return the figures."""
    seed = random.randrange(2**32) if asked.seed is None else asked.seed
    print(f"seed {seed}", flush=True)
    # rendered roads must last for the soak and for the starts in it
    hours = asked.minutes / 60 + 0.5
    with System(
        folder,
        cameras=asked.cameras,
        scene=asked.scene,
        clip_seconds=asked.clip_seconds,
        size=asked.size,
        hours=hours,
        disk=asked.disk_mebibytes,
    ) as system:
        watch = Watch(system, asked.warm_up_seconds)
        faults = Faults(system, random.Random(seed))
        _wait_for_reads(system)
        system.subscriber.begin()
        pauses, begun = Pauses(), time.monotonic()
        done = _break_and_watch(system, faults, watch, asked, pauses)
        minutes = (time.monotonic() - begun) / 60
        _wait_for(system, system.reads_again, "the run came back to its cameras")
        _wait_for_centre(system)
        status = system.drain(_PATIENCE_SECONDS)
        system.look()
        system.centre.stop()
        print(system.log.read_text(errors="replace")[-2000:], flush=True)
        figures = {
            "minutes": round(minutes, 1),
            "seed": seed,
            "faults": sum(done.values()),
            "kinds_of_fault": len(done),
            "kinds_known": len(faults.names),
            "exit_status": status,
            "runs_that_ended_by_themselves": system.ended_by_itself,
            "power_cut_to_first_read_most_seconds": round(max(pauses.starts), 1) if pauses.starts else None,
            "longest_time_without_a_read_seconds": round(pauses.longest, 1),
            **_reckoned(system),
            **watch.figures(),
        }
        verdicts = _verdicts(figures)
        rows = [{"fault": name, "times": done[name]} for name in sorted(faults.names)]
        return {**figures, **verdicts, "all_held": all(verdicts.values()), "faults_done": rows}


def _verdicts(figures: dict[str, Any]) -> dict[str, bool]:
    nothing = [name for name in figures if name.startswith(("reads_lost", "reads_doubled", "hits_not", "alerts_not"))]
    shares = [(figures[share_of(name)], least) for name, (_, least) in OBJECTIVES.items()]
    return {
        "held_nothing_lost_or_doubled": not any(figures[name] for name in nothing),
        "held_memory_flat": figures["memory_grown_most_mebibytes"] <= _MOST_GROWTH_MEBIBYTES,
        "held_open_files_flat": figures["open_files_grown_most"] <= _MOST_GROWTH_FILES,
        "held_objectives_in_calm": all(share is not None and share >= least for share, least in shares),
        "held_drained_well": figures["exit_status"] == 0,
    }


@dataclass(slots=True)
class Pauses:
    """How long nothing was read. `starts` are the seconds from each power cut to the first read of the new run."""

    longest: float = 0.0
    starts: list[float] = field(default_factory=list)
    _reads: int = 0
    _since: float = field(default_factory=time.monotonic)

    def look(self, now: float, reads: int) -> None:
        self.longest = max(self.longest, now - self._since)
        if reads > self._reads:
            self._reads, self._since = reads, now


def _wait_for_reads(system: System) -> None:
    """Return when the first read is durable: a soak of what has not begun tells nothing."""
    _wait_for(system, lambda: bool(system.acknowledged), "a read became durable")


def _wait_for_centre(system: System) -> None:
    """Give the outbox the time to bring the centre what is acknowledged by now; what is missing is reckoned later."""
    until = time.monotonic() + _PATIENCE_SECONDS
    due = set(system.acknowledged)
    while due - set(system.centre.stored()) and time.monotonic() < until:
        time.sleep(_LOOK_AT_CENTRE_SECONDS)
        system.look()
    system.due_at_centre = due


def _wait_for(system: System, came: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while not came():
        if time.monotonic() > until:
            raise SystemExit(f"not in time: {what}\n{system.log.read_text(errors='replace')[-3000:]}")
        time.sleep(_SAMPLE_SECONDS)
        system.attend(time.monotonic())
        system.look()


def _break_and_watch(system: System, faults: Faults, watch: Watch, asked: Soak, pauses: Pauses) -> Counter[str]:
    begun = time.monotonic()
    done: Counter[str] = Counter()
    drawn = faults.drawn()
    next_at, calm_at = begun + asked.fault_every_seconds, begun
    going: tuple[Fault, float] | None = None
    until = begun + asked.minutes * 60 if asked.faults is None else float("inf")
    while (now := time.monotonic()) < until:
        if going is not None and now >= going[1] and going[0].over():
            going[0].end()
            if going[0].name == POWER_CUT:
                pauses.starts.append(now - going[1])
            going, calm_at = None, now + _CALM_AFTER_SECONDS
        if going is None and done.total() == asked.faults:
            break
        if going is None and now >= next_at:
            fault = next(one for one in drawn if one.begin())
            print(f"{now - begun:6.0f} s  {fault.name}; {len(system.acknowledged)} reads so far", flush=True)
            done[fault.name] += 1
            going, next_at = (fault, now + fault.lasts), now + asked.fault_every_seconds
        system.attend(now)
        system.look()
        pauses.look(now, len(system.acknowledged))
        watch.sample(now, calm=going is None and now >= calm_at)
        time.sleep(_SAMPLE_SECONDS)
    if going is not None:
        going[0].end()
        _wait_for(system, going[0].over, f"what this broke runs again: {going[0].name}")
    return done


def _reckoned(system: System) -> dict[str, int]:
    folder = Path(system.settings.folder)
    stored = stored_ids(folder)
    hits, alerted = hits_and_alerted(folder)
    alerts = system.alert_ids()
    shared = system.centre.stored()
    return {
        "reads_acknowledged": len(system.acknowledged),
        "reads_lost": len(system.acknowledged - set(stored)),
        "reads_doubled": len(stored) - len(set(stored)),
        "reads_lost_on_the_way_to_the_centre": len(system.due_at_centre - set(shared)),
        "reads_doubled_at_the_centre": len(shared) - len(set(shared)),
        "hits": len(hits),
        "hits_not_in_exactly_one_alert": sum((Counter(hits) - alerted).values())
        + sum((alerted - Counter(hits)).values()),
        "alerts": len(alerts),
        "alerts_not_delivered": len(alerts - system.told),
    }


if __name__ == "__main__":
    main()
