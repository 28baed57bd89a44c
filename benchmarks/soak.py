"""Does it hold for long, at full load, with something breaking every 20 seconds?

`python -m benchmarks.soak` runs the whole job in processes of its own for 30 minutes, draws a fault from all that the
project knows every 20 seconds (`benchmarks/soak_faults.py`), drains it as systemd would, and reckons: whether a read
that was acknowledged is missing in the store, or there twice; whether each hit is in exactly one alert, and each alert
was delivered; how memory and open files of every process went; and how late reads were in between. A calm time begins
eight seconds after a fault is over.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.harness import publish
from benchmarks.soak_faults import Fault, Faults
from benchmarks.soak_system import System
from benchmarks.soak_watch import Watch
from tests.support.runs import hits_and_alerted, stored_ids

_SAMPLE_SECONDS = 1.0
_CALM_AFTER_SECONDS = 8.0
_PATIENCE_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Soak:
    """What is asked for."""

    minutes: float = 30.0
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
        done = _break_and_watch(system, faults, watch, asked)
        status = system.drain(_PATIENCE_SECONDS)
        system.look()
        print(system.log.read_text(errors="replace")[-2000:], flush=True)
        return {
            "minutes": asked.minutes,
            "seed": seed,
            "faults": sum(done.values()),
            "kinds_of_fault": len(done),
            "kinds_known": len(faults.names),
            "exit_status": status,
            **_reckoned(system),
            **watch.figures(),
            "faults_done": [{"fault": name, "times": done[name]} for name in sorted(faults.names)],
        }


def _wait_for_reads(system: System) -> None:
    """Return when the first read is durable: a soak of what has not begun tells nothing."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while not system.acknowledged:
        if time.monotonic() > until or not system.run.is_running():
            raise SystemExit(f"no read became durable\n{system.log.read_text(errors='replace')[-3000:]}")
        time.sleep(_SAMPLE_SECONDS)
        system.look()


def _break_and_watch(system: System, faults: Faults, watch: Watch, asked: Soak) -> Counter[str]:
    begun = time.monotonic()
    done: Counter[str] = Counter()
    drawn = faults.drawn()
    next_at, calm_at = begun + asked.fault_every_seconds, begun
    going: tuple[Fault, float] | None = None
    while (now := time.monotonic()) < begun + asked.minutes * 60:
        if going is not None and now >= going[1] and going[0].over():
            going[0].end()
            going, calm_at = None, now + _CALM_AFTER_SECONDS
        if going is None and now >= next_at:
            fault = next(one for one in drawn if one.begin())
            print(f"{now - begun:6.0f} s  {fault.name}; {len(system.acknowledged)} reads so far", flush=True)
            done[fault.name] += 1
            going, next_at = (fault, now + fault.lasts), now + asked.fault_every_seconds
        system.look()
        watch.sample(now, calm=going is None and now >= calm_at)
        time.sleep(_SAMPLE_SECONDS)
    if going is not None:
        going[0].end()
    return done


def _reckoned(system: System) -> dict[str, int]:
    folder = Path(system.settings.folder)
    stored = stored_ids(folder)
    hits, alerted = hits_and_alerted(folder)
    alerts = system.alert_ids()
    return {
        "reads_acknowledged": len(system.acknowledged),
        "reads_lost": len(system.acknowledged - set(stored)),
        "reads_doubled": len(stored) - len(set(stored)),
        "hits": len(hits),
        "hits_not_in_exactly_one_alert": sum((Counter(hits) - alerted).values())
        + sum((alerted - Counter(hits)).values()),
        "alerts": len(alerts),
        "alerts_not_delivered": len(alerts - system.told),
    }


if __name__ == "__main__":
    main()
