"""`anpr run`: the main job on Ray."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from types import FrameType

from rich.console import Console

from actors.cli.given import settings_given
from pipeline import bootstrap_cameras
from pipeline.clock import SystemClock
from pipeline.errors import AccessDenied, SettingsError, Unavailable
from pipeline.settings import FEED_NAME, FeedSettings, Settings

_WAYS = (
    "A camera on a road needs an approved impact assessment: see `anpr camera --help` for the way there.",
    "To try out one that watches no public road, put these two lines into a file and give it as --config FILE:",
    "  [cameras]",
    "  require_assessment = false",
)


def execute(chosen: argparse.Namespace) -> int:
    settings = overridden(settings_given(chosen), chosen)
    if not settings.feeds and not settings.join.enabled:
        raise SettingsError(["no feeds: give --feed NAME=URL, or a [feeds.NAME] section in --config FILE"])
    if settings.cluster.address:
        return _on_cluster(settings)
    Path(settings.folder).mkdir(parents=True, exist_ok=True)
    load_hotlist(settings)
    _tell_who_may_not_run(settings)
    # Ray takes a while to import, and a wrong argument should not wait for it
    import ray
    from ray.exceptions import RayActorError

    from actors.heartbeat import Heartbeat
    from actors.picture import GONE
    from actors.running import Run
    from actors.summary import summarise
    from actors.topology import connect, start_node
    from actors.view import View

    heartbeat = Heartbeat(settings.cluster.heartbeat_file)
    console = Console(highlight=False)
    stop = Stop()
    console.print(f"Starting Ray and {len(settings.feeds)} feed(s): {', '.join(settings.feeds)} …")
    connect(settings)
    stop.listen()
    try:
        try:
            node = start_node(settings)
        except RayActorError as error:
            # the last line is what the actor said; the lines above are Ray's account of where
            raise Unavailable(f"an actor could not start: {str(error).strip().splitlines()[-1]}") from error
        if node.join is not None:
            scheme = "https" if settings.join.certificate_file else "http"
            address = f"{scheme}://{settings.join.host}:{ray.get(node.join.port.remote())}/join/"
            console.print(f"Cameras of other makers post to {address} and their sender's name.", soft_wrap=True)
        run = Run(node, heartbeat)
        with View(console) as view:
            try:
                run.until_the_end(view.draw, stop.asked)
            except GONE as error:
                raise Unavailable(
                    "Ray has died on this machine, perhaps for want of memory; what is durable stays: start again"
                ) from error
        return summarise(settings, node, run.picture, console)
    finally:
        ray.shutdown()


def _on_cluster(settings: Settings) -> int:
    """Run the cameras on every node of the cluster that has room. Each node asks its own register who may run."""
    import ray

    from actors.cluster import ClusterRun
    from actors.status_view import StatusView
    from actors.topology import connect

    console, stop = Console(highlight=False), Stop()
    console.print(f"Joining the cluster with {len(settings.feeds)} feed(s) …")
    connect(settings)
    stop.listen()
    try:
        with StatusView(console) as view:
            status = ClusterRun(settings).until_the_end(view.draw, stop.asked)
        troubles = [f"{one.camera}: {one.trouble}" for one in status.cameras if one.trouble]
        troubles += [f"{one.node}: {one.trouble}" for one in status.nodes if one.trouble]
        for one in troubles:
            console.print(one, style="red", soft_wrap=True)
        return 1 if troubles else 0
    finally:
        ray.shutdown()


def _tell_who_may_not_run(settings: Settings) -> None:
    """Say which cameras will not run, and why. Raises AccessDenied if that leaves nothing to run."""
    held = bootstrap_cameras.not_admitted(settings, SystemClock().now())
    told = [f"camera {name} may not run: {one.reason}" for name, one in held.items()]
    if told and len(told) == len(settings.feeds):
        raise AccessDenied("\n".join([*told, *_WAYS]))
    for one in told:
        print(f"{one}. It begins by itself once it is admitted.", file=sys.stderr)


def load_hotlist(settings: Settings) -> None:
    """Load the list file that the run was given. What is wrong with it is told before anything starts."""
    from pipeline import bootstrap

    store = bootstrap.hotlist_store(settings)
    watch = bootstrap.file_watch(settings, store)
    if watch is not None:
        watch.load()
    store.close()


def overridden(settings: Settings, chosen: argparse.Namespace) -> Settings:
    """Return the settings with what the command line says put over them. Faults are reported all at once."""
    feeds = dict(settings.feeds)
    if chosen.feed:
        feeds = {}
        faults = []
        for given in chosen.feed:
            name, _, url = given.partition("=")
            if not FEED_NAME.fullmatch(name) or not url:
                faults.append("--feed: write NAME=URL, the name of 1 to 32 of a-z, 0-9 and -")
            elif name in feeds:
                faults.append(f"--feed: the name {name} is given twice")
            else:
                feeds[name] = FeedSettings(url=url)
        if faults:
            raise SettingsError(faults)
        # rendered truth belongs to the rendered feeds, not to these
        settings = replace(settings, demonstration=replace(settings.demonstration, truth="", pictures=""))
    if chosen.realtime:
        feeds = {name: replace(feed, realtime=True) for name, feed in feeds.items()}
    if chosen.hotlist:
        settings = replace(settings, match=replace(settings.match, hotlist=str(chosen.hotlist)))
    return replace(settings, feeds=feeds)


class Stop:
    """The first Ctrl-C (or SIGTERM) asks for a drain; the second ends the process at once."""

    def __init__(self) -> None:
        self._asked = False
        self.listen()

    def listen(self) -> None:
        """Take the signals, also from whoever took them meanwhile: Ray ends everything at a SIGTERM."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)

    def asked(self) -> bool:
        return self._asked

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            os._exit(130)
        self._asked = True
        print("\nDraining: what is under way becomes durable. Ctrl-C again ends at once.", file=sys.stderr)
