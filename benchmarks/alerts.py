"""How long from a frame to an alert in a subscriber's hands?

`python -m benchmarks.alerts` starts a whole node on Ray with a hotlist that holds every mark of a rendered busy road,
watches its alerts over gRPC, and measures twice: one camera in real time, to the arrival of the alert from the frame
that it shows (`picture_to_alert`, as the objective has it) and from the frame that ended the passage (`end_to_alert`,
which is the machine's part of it: before it the vehicle is in view); and reads put straight into the journal at a
steady pace (`read_to_alert`: journal, match, alert, delivery), many enough for a tail.
"""

from __future__ import annotations

import argparse
import queue
import random
import string
import tempfile
import threading
import time
from collections.abc import Sequence, Set
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import ray

from actors.services.client import channel_to
from actors.topology import Node, connect, start_node
from benchmarks.harness import publish
from benchmarks.ready_camera import Ran, percentiles, ready_camera, share_within
from pipeline import bootstrap_access
from pipeline.access.books.people import FOUNDER
from pipeline.domain.access import Grade, Permission, Person, PersonId
from pipeline.domain.plate import CameraId
from pipeline.domain.read import CaptureRecord, ClockState, Direction, FeedId, Read, ReadId, SourceId, digest_of
from pipeline.domain.syntax import Syntax
from pipeline.domain.vrm import Vrm
from pipeline.settings import FeedSettings, ServicesSettings, Settings
from protos.anpr.v1 import alert_pb2, alert_pb2_grpc
from tests.support.cluster import repeated
from training.scenes.render import render_clip
from training.scenes.scene import scene_of

PICTURE = bytes(20_000)
WAIT_SECONDS = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=40, help="length of the rendered clip")
    parser.add_argument("--turns", type=int, default=5, help="how often it is shown in a row")
    parser.add_argument("--reads", type=int, default=1000, help="reads put into the journal")
    parser.add_argument("--pace", type=float, default=20.0, help="such reads a second")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="anpr-bench-") as folder:
        once = Path(folder) / "once.mp4"
        marks = [row.vrm for row in render_clip(scene_of("busy", seed=7, seconds=chosen.seconds), once)]
        clip = repeated(once, chosen.turns, Path(folder) / "busy.mp4")
        chance = random.Random(5)
        # marks far from each other, or each read would be near several of them
        made = [Vrm("".join(chance.choices(string.ascii_uppercase, k=8))) for _ in range(chosen.reads)]
        hotlist = Path(folder) / "hotlist.csv"
        hotlist.write_text("vrm\n" + "\n".join(dict.fromkeys([*marks, *made])) + "\n", encoding="utf-8")
        settings = settings_of(Path(folder), clip, hotlist, apart_seconds=chosen.seconds / 2)
        connect(settings)
        try:
            figures = measured(settings, made, chosen.pace)
        finally:
            # Ray's own messages come on the output too, and the figures are the last line
            ray.shutdown()
        publish("alerts", figures)


def settings_of(folder: Path, clip: Path, hotlist: Path, apart_seconds: float) -> Settings:
    """Return the settings, by which a mark that comes again so much later is another alert."""
    settings = Settings(folder=str(folder / "var"), feeds={"bench": FeedSettings(url=str(clip), realtime=True)})
    return replace(
        settings,
        match=replace(settings.match, hotlist=str(hotlist)),
        alert=replace(settings.alert, collapse_seconds=apart_seconds),
        metrics=replace(settings.metrics, port=0),
        services=replace(settings.services, port=0),
    )


def measured(settings: Settings, made: Sequence[Vrm], pace: float) -> dict[str, Any]:
    node = start_node(replace(settings, feeds={}))
    for actor in (node.store, node.matcher, node.alerts):
        actor.run.remote()
    with arrivals(ray.get(node.alerts.port.remote()), token_of_a_dispatcher(settings)) as arrived:
        wait_for_the_list(node, made[0])
        figures = from_frames(node, settings, arrived)
        return figures | from_the_journal(node, arrived, made, pace)


def from_frames(node: Node, settings: Settings, arrived: Arrivals) -> dict[str, Any]:
    camera = ready_camera("bench", settings, node.neighbours)
    ray.get(camera.ready.remote())
    ran: Ran = ray.get(camera.run.remote())
    arrived.settle()
    alerted = [(arrived.times[one.read_id][0], one) for one in ran.reads if one.read_id in arrived.times]
    from_picture = [at - one.shown_at for at, one in alerted]
    return {
        "real_time_reads": len(ran.reads),
        "real_time_drops": ran.status.dropped,
        "real_time_alerts": len(alerted),
        **percentiles("picture_to_alert", from_picture),
        "picture_to_alert_share_within_2_s": share_within(from_picture),
        **percentiles("end_to_alert", [at - one.ended_at for at, one in alerted]),
    }


def from_the_journal(node: Node, arrived: Arrivals, made: Sequence[Vrm], pace: float) -> dict[str, Any]:
    arrived.times.clear()
    begun = time.monotonic()
    for number, vrm in enumerate(made):
        time.sleep(max(0.0, begun + number / pace - time.monotonic()))
        node.journal.append.remote([record_of(number, vrm)])
    # alerts of the camera's reads, which nobody takes up, are escalated meanwhile
    ours = {_read_id(number) for number in range(len(made))}
    arrived.settle(ours)
    spent = [at - made_at for read_id, (at, made_at) in arrived.times.items() if read_id in ours]
    return {"journal_reads": len(made), "journal_reads_per_second": pace, "journal_alerts": len(spent)} | percentiles(
        "read_to_alert", spent
    )


class Arrivals:
    """When each read's alert arrived, and when its read was made, in seconds of the wall clock."""

    def __init__(self) -> None:
        self.times: dict[str, tuple[float, float]] = {}

    def note(self, event: alert_pb2.AlertEvent) -> None:
        pairs = [event.alert.read, *(again.read for again in event.alert.repeats)]
        at = time.time()
        for read in pairs:
            made_at = read.received_at.ToDatetime(tzinfo=UTC).timestamp()
            self.times.setdefault(read.read_id, (at, made_at))

    def settle(self, wanted: Set[str] = frozenset()) -> None:
        """Return when all `wanted` have arrived, or nothing has for three seconds."""
        give_up_at, seen, seen_at = time.monotonic() + WAIT_SECONDS, len(self.times), time.monotonic()
        while time.monotonic() < give_up_at and not (wanted and self.times.keys() >= wanted):
            time.sleep(0.1)
            if len(self.times) > seen:
                seen, seen_at = len(self.times), time.monotonic()
            elif time.monotonic() - seen_at > 3:
                return


def token_of_a_dispatcher(settings: Settings) -> str:
    """Return a token of somebody who follows the desk that everything is routed to."""
    with bootstrap_access.desk(settings) as desk:
        somebody = Person(
            person_id=PersonId("dispatcher"),
            force="Benchmark",
            grade=Grade.STAFF,
            roles=frozenset(),
            trained_until=date(9999, 1, 1),
            permissions=frozenset({Permission.PEOPLE}),
            desks=frozenset(settings.alert.otherwise),
        )
        desk.people.put(somebody, by=FOUNDER, reason="follows what is measured")
        assert desk.issuer is not None
        return desk.issuer.token(somebody.person_id, timedelta(hours=1))


@contextmanager
def arrivals(port: int, token: str) -> Any:
    """Watch alerts as a control room does, acknowledging each."""
    arrived, says = Arrivals(), queue.Queue[Any]()
    start = alert_pb2.WatchAlertsStart(subscriber="bench", recipients=["control-room"])
    says.put(alert_pb2.WatchAlertsRequest(start=start))

    def watch() -> None:
        try:
            for answer in call:
                arrived.note(answer.event)
                says.put(alert_pb2.WatchAlertsRequest(acknowledged_cursor=answer.event.cursor))
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.CANCELLED:
                raise

    with channel_to(ServicesSettings(port=port), token=token) as channel:
        call = alert_pb2_grpc.AlertServiceStub(channel).WatchAlerts(iter(says.get, None))
        thread = threading.Thread(target=watch)
        thread.start()
        yield arrived
        call.cancel()
        says.put(None)
        thread.join()


def wait_for_the_list(node: Node, listed: Vrm) -> None:
    """Put reads of a listed mark into the journal until one is hit: then the matcher has the list."""
    for number in range(WAIT_SECONDS):
        ray.get(node.journal.append.remote([record_of(10_000_000 + number, listed, camera="first")]))
        time.sleep(1)
        if ray.get(node.matcher.hits.remote()):
            return
    raise SystemExit("the matcher never had the list")


def _read_id(number: int) -> ReadId:
    return ReadId(f"{number:032x}")


def record_of(number: int, vrm: Vrm, camera: str = "journal") -> CaptureRecord:
    now = datetime.now(UTC)
    read = Read(
        read_id=_read_id(number),
        feed_id=FeedId("bench"),
        source_id=SourceId("1"),
        camera_id=CameraId(camera),
        captured_at=now,
        received_at=now,
        clock_state=ClockState.RECEIPT,
        location=None,
        vrm=vrm,
        raw_text=vrm,
        confidence=0.99,
        character_confidences=(0.99,) * len(vrm),
        candidates=(),
        syntax=Syntax.UNKNOWN,
        direction=Direction.UNKNOWN,
        lane=None,
        patch_digest=digest_of(PICTURE),
        overview_digest=digest_of(PICTURE),
        sighting_count=1,
        model_version="bench",
    )
    return CaptureRecord(read=read, patch=PICTURE, overview=PICTURE)


if __name__ == "__main__":
    main()
