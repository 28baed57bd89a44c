"""`anpr status`: every camera, where it runs and why, its health and lag, asked of a running node."""

from __future__ import annotations

import argparse
import time

import urllib3
from rich.live import Live

from actors.cli.given import settings_given
from actors.cli.tables import console_for_tables
from actors.status import Status, from_json, to_json
from actors.status_view import render
from pipeline.clock import SystemClock
from pipeline.errors import BadInput, Unavailable
from pipeline.node_settings import MetricsSettings

_ANSWER_SECONDS = 5.0
_LOOK_SECONDS = 1.0


def execute(chosen: argparse.Namespace) -> int:
    address = chosen.at or own_address(settings_given(chosen).metrics)
    status = ask(address)
    if chosen.json:
        print(to_json(status).decode())
        return 0
    console, clock = console_for_tables(), SystemClock()
    if not console.is_terminal:
        console.print(render(status, clock.now()))
        return 0
    with Live(render(status, clock.now()), console=console, auto_refresh=False) as live:
        try:
            while True:
                time.sleep(_LOOK_SECONDS)
                live.update(render(ask(address), clock.now()), refresh=True)
        except KeyboardInterrupt:
            return 0


def own_address(metrics: MetricsSettings) -> str:
    """Return where the node of these settings answers callers on its own machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(metrics.host, metrics.host)
    return f"http://[{host}]:{metrics.port}" if ":" in host else f"http://{host}:{metrics.port}"


def ask(address: str) -> Status:
    """Return what the node at `address` tells. Raises Unavailable when nobody answers, BadInput when it is no node."""
    url = f"{address.rstrip('/')}/status"
    try:
        answer = urllib3.request("GET", url, timeout=_ANSWER_SECONDS, retries=False)
    except urllib3.exceptions.HTTPError as error:
        raise Unavailable(
            f"no node answers at {url}: is `anpr run` running, and is [metrics] port of --config its port, or --at?"
        ) from error
    try:
        return from_json(answer.data)
    except ValueError as error:
        raise BadInput(f"{url} is not the page of a node; --at takes the address of [metrics] host and port") from error
