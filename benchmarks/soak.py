"""Does it hold for long, at full load, with something breaking every 20 seconds?

`python -m benchmarks.soak` runs the whole job in processes of its own for 30 minutes, draws a fault from all that the
project knows every 20 seconds (`soak_faults`; when the next comes: `soak_round`), starts the run again where it ends by
itself and drains it at last, both as systemd would, and reckons: whether a read that was acknowledged is missing in the
store or at the national centre, or there twice, also those that a camera of another maker posts (`soak_sender`) and was
answered for; whether each hit is in exactly one alert, and each alert was delivered;
how long recovery took; how memory and open files of every process went (`soak_watch`); and how late alerts were in calm
(`soak_calm`). `--calm` lets nothing break, for what memory does in a long life, and is a result of its own
(`soak_calm.json`). `all_held` is the verdict of all verdicts, `not_held` says what was not and why (`soak_verdicts`).

Full load is what two cores carry within the objectives with everything else of a soak beside it: two busy cameras. How
busy the processors were in calm is told. Before the minutes come a minute or two of rendering and starting, after them
a minute or two until the centre has everything, the drain, and the reckoning.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.harness import publish
from benchmarks.soak_calm import Calm
from benchmarks.soak_faults import Faults, Turns
from benchmarks.soak_late import Late
from benchmarks.soak_progress import Progress
from benchmarks.soak_round import SAMPLE_SECONDS, Plan, Round
from benchmarks.soak_sender import CAMERA as SENDER
from benchmarks.soak_system import System
from benchmarks.soak_verdicts import verdicts_of
from benchmarks.soak_watch import Watch
from pipeline.domain.alert import Alert
from tests.support.runs import hits_and_alerted, stored_ids

_PATIENCE_SECONDS = 300.0
_LOOK_AT_CENTRE_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Soak:
    """What is asked for."""

    minutes: float = 30.0
    faults: int | None = None
    """End after so many, however long they take, instead of after so many minutes."""
    fault_every_seconds: float = 20.0
    recover_within_seconds: float = 60.0
    """The next fault waits so long for the system to recover from the last; 0: it does not wait."""
    cameras: int = 2
    scene: str = "busy"
    clip_seconds: int = 40
    size: tuple[int, int] = (1280, 720)
    warm_up_seconds: float = 60.0
    disk_mebibytes: int = 2048
    webhook_timeout_seconds: float = 5.0
    seed: int | None = None
    calm: bool = False
    """Nothing breaks: what memory does in a long life."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, kind in (("minutes", float), ("fault-every-seconds", float), ("cameras", int), ("clip-seconds", int)):
        key = name.replace("-", "_")
        parser.add_argument(f"--{name}", type=kind, default=getattr(Soak(), key), help="default: %(default)s")
    parser.add_argument("--warm-up-seconds", type=float, default=Soak().warm_up_seconds, help="default: %(default)s")
    parser.add_argument("--calm", action="store_true", help="let nothing break; the result is soak_calm.json")
    parser.add_argument("--seed", type=int, help="of the order of the faults; a run prints its own")
    with tempfile.TemporaryDirectory(prefix="anpr-soak-") as folder:
        asked = Soak(**vars(parser.parse_args()))
        figures = soaked(asked, Path(folder))
        print(
            "\n".join(f"not {one['verdict']}: {one['why']}" for one in figures["not_held"]) or "all was held",
            flush=True,
        )
        publish("soak_calm" if asked.calm else "soak", figures, command="soak")


def soaked(asked: Soak, folder: Path) -> dict[str, Any]:
    """Run it in `folder`; return the figures."""
    seed = random.randrange(2**32) if asked.seed is None else asked.seed
    print(f"seed {seed}; {asked.cameras} cameras are rendered and started", flush=True)
    begun = time.monotonic()
    # rendered roads must last for the soak, at its longest, and for the starts in it
    hours = 1.5 * asked.minutes / 60 + 0.5
    with System(
        folder,
        cameras=asked.cameras,
        scene=asked.scene,
        clip_seconds=asked.clip_seconds,
        size=asked.size,
        hours=hours,
        disk=asked.disk_mebibytes,
        webhook_timeout_seconds=asked.webhook_timeout_seconds,
    ) as system:
        not_in_time = _wait_for(system, system.reads_again, "a read became durable")
        if not_in_time:
            raise SystemExit(f"not in time: {not_in_time}\n{system.log.read_text(errors='replace')[-3000:]}")
        system.subscriber.begin()
        first_read_after = time.monotonic() - begun
        progress = Progress(system.settings)
        calm = Calm([*(f"camera-{at}" for at in range(asked.cameras)), SENDER], progress.carried_to)
        watch, late = Watch(system, asked.warm_up_seconds), Late(system)
        # whom a fault befalls depends on what there is; the order does not
        turns = Turns(Faults(system, random.Random(seed)).kinds, random.Random(seed))
        plan = Plan(
            minutes=asked.minutes,
            every_seconds=float("inf") if asked.calm else asked.fault_every_seconds,
            recover_within_seconds=asked.recover_within_seconds,
            faults=asked.faults,
        )
        middle = Round(system, turns, plan, watch=watch, calm=calm, late=late)
        round_begun = time.monotonic()
        middle.run()
        ended = time.monotonic()
        not_in_time += _wait_for(system, system.reads_again, "the run came back to its cameras")
        system.sender.make_no_more()
        not_in_time += _wait_for(system, lambda: not system.sender.unanswered, "every message was answered")
        not_in_time += _wait_for_centre(system)
        # a drain does not wait for a webhook that the last fault made fail, or would make fail at its next call
        system.hook.script.clear()
        alerts_due = progress.alert_ids()
        not_in_time += _wait_for(system, lambda: alerts_due <= system.told, "the webhook was told of every alert")
        status = system.drain(_PATIENCE_SECONDS)
        system.look()
        system.centre.stop()
        print(system.log.read_text(errors="replace")[-2000:], flush=True)
        alerts = system.alerts()
        figures = {
            "minutes": round((ended - round_begun) / 60, 1),
            "seconds_to_first_read": round(first_read_after),
            "seconds_after_the_last_fault": round(time.monotonic() - ended),
            "cameras": asked.cameras,
            "seed": seed,
            "faults": middle.done.total(),
            "kinds_of_fault": len(middle.done),
            "kinds_known": len(turns.names),
            "each_kind_should_come": plan.each_kind_at_least(len(turns.names)),
            "exit_status": status,
            "waits_not_in_time": len(not_in_time),
            "runs_that_ended_by_themselves": system.ended_by_itself,
            "power_cut_to_first_read_most_seconds": round(max(middle.pauses.starts), 1)
            if middle.pauses.starts
            else None,
            "longest_time_without_a_read_seconds": round(middle.pauses.longest, 1),
            **calm.figures(),
            **_reckoned(system, alerts),
            **late.figures(alerts, calm),
            **watch.figures(),
            "faults_done": calm.by_fault([] if asked.calm else turns.names),
        }
        return {**figures, **verdicts_of(figures)}


def _wait_for_centre(system: System) -> list[str]:
    """Give the outbox the time to bring the centre what is acknowledged by now; what is missing is reckoned later."""
    due = set(system.acknowledged)
    system.due_at_centre = due
    return _wait_for(
        system, lambda: not due - set(system.centre.stored()), "the centre has all reads", _LOOK_AT_CENTRE_SECONDS
    )


def _wait_for(system: System, came: Callable[[], bool], what: str, every_seconds: float = SAMPLE_SECONDS) -> list[str]:
    """Wait for it, with patience; return what did not come in time."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while not came():
        if time.monotonic() > until:
            print(f"not in time: {what}", flush=True)
            return [what]
        time.sleep(every_seconds)
        system.attend(time.monotonic())
        system.look()
    return []


def _reckoned(system: System, alerts: Sequence[Alert]) -> dict[str, int]:
    folder = Path(system.settings.folder)
    stored = stored_ids(folder)
    hits, alerted = hits_and_alerted(folder)
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
        "alerts_not_delivered": len({alert.alert_id for alert in alerts} - system.told),
        **system.sender.figures(stored),
    }


if __name__ == "__main__":
    main()
