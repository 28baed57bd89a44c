"""The HTTPS server at which cameras of other makers post: its limits, and who is let in.

It runs in a thread with an event loop of its own; every message is taken in by one of a few threads. A connection that
sends nothing, or slowly, is closed in time; a message too large is refused before it is read. Nothing of what was sent
is logged, nor in the message of an error.
On failure: Unavailable when the port cannot be had, SettingsError when certificates or secrets cannot be used.
"""

from __future__ import annotations

import asyncio
import logging
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from aiohttp import web

from actors.join_certificates import Certificates
from actors.join_connections import Connections
from actors.senders import SenderStatus
from actors.serving_thread import ServingThread
from pipeline import metrics
from pipeline.access.callers.seldom import Seldom, told
from pipeline.clock import SystemClock
from pipeline.domain.ports import Clock
from pipeline.errors import AccessDenied, AnprError, BadInput, Unavailable
from pipeline.join.answers import Answer, answer_for, answer_to, refusal
from pipeline.join.credentials import Senders
from pipeline.join.desk import JoinDesk, Receipt
from pipeline.join.pace import Pace
from pipeline.join.settings import JoinSettings, SenderSettings

_GRACE_SECONDS = 2.0
_LOOK_AT_CERTIFICATES_SECONDS = 10.0
_TAKING = metrics.STAGE_IN_PROGRESS.labels("join")
_quiet = logging.getLogger(f"{__name__}.http")


class JoinServer:
    """Serves from `start` until `stop`."""

    def __init__(self, settings: JoinSettings, desk: JoinDesk, clock: Clock) -> None:
        self._settings = settings
        self._desk = desk
        self._clock = clock
        self._senders = Senders(settings.senders)
        self._certificates = Certificates(settings)
        self._pace = Pace({name: one.messages_a_minute for name, one in settings.senders.items()}, clock)
        self._threads = ThreadPoolExecutor(settings.most_at_once, thread_name_prefix="joining")
        self._taking = 0
        self._heard = {
            name: SenderStatus(silent_after_seconds=one.silent_after_seconds, waited_since=clock.now().timestamp())
            for name, one in settings.senders.items()
        }
        for name in settings.senders:
            metrics.JOIN_MESSAGES.labels(name, "taken")
        self._thread = ServingThread("the endpoint for cameras", self._serve)
        self.port = 0

    def start(self) -> int:
        """Return the port once senders are answered."""
        self.port = self._thread.start()
        return self.port

    def stop(self) -> None:
        """Let messages under way be answered, then close."""
        self._thread.stop()
        self._threads.shutdown()

    def status(self) -> dict[str, SenderStatus]:
        """Return what is known of each sender."""
        return dict(self._heard)

    async def _serve(self, thread: ServingThread) -> None:
        settings, context = self._settings, self._certificates.context
        application = web.Application(client_max_size=settings.most_message_kibibytes * 1024)
        application.router.add_post("/join/{sender}", self._posted)
        # also the time that a new connection has for its first request
        idle = settings.request_seconds
        runner = web.AppRunner(
            application,
            access_log=None,
            logger=_quiet,
            keepalive_timeout=idle,
            # what was refused unread is read for so long, or its sender would see a reset instead of the answer
            lingering_time=_GRACE_SECONDS,
            auto_decompress=False,
        )
        await runner.setup()
        http: Any = runner.server
        connections = Connections(http, context, settings.most_connections)
        try:
            port = await connections.listen(settings.host, settings.port)
        except OSError as error:
            await runner.cleanup()
            raise Unavailable(
                f"the port {settings.port} for cameras cannot be used ({error.strerror}); set another in [join] port"
            ) from error
        thread.up(port)
        while not thread.stopping.is_set():
            try:
                await asyncio.wait_for(thread.stopping.wait(), _LOOK_AT_CERTIFICATES_SECONDS)
            except TimeoutError:
                self._certificates.look()
        await connections.refuse_more()
        await http.shutdown(_GRACE_SECONDS)
        await runner.cleanup()
        await connections.cut()

    async def _posted(self, request: web.Request) -> web.Response:
        name = request.match_info["sender"]
        sender: SenderSettings | None = None
        begun = self._clock.monotonic()
        try:
            sender = self._senders.shown(name, request.headers.get("Authorization", ""), _names_in(request))
            outcome, answer = await self._taken(name, sender, request)
        except AnprError as error:
            outcome = _word_for(error)
            answer = answer_for(error, sender.format if sender else None)
        counted_as = name if sender else "unknown"
        metrics.JOIN_MESSAGES.labels(counted_as, outcome).inc()
        metrics.JOIN_SECONDS.labels(counted_as).observe(self._clock.monotonic() - begun)
        if sender:
            self._note(name, outcome)
        return _response(answer)

    def _note(self, name: str, outcome: str) -> None:
        known = self._heard[name]
        if outcome == "taken":
            self._heard[name] = replace(known, heard_at=self._clock.now().timestamp(), taken=known.taken + 1)
        else:
            self._heard[name] = replace(known, not_taken=known.not_taken + 1)

    async def _taken(self, name: str, sender: SenderSettings, request: web.Request) -> tuple[str, Answer]:
        wait = self._pace.wait_seconds(name)
        if wait > 0:
            return "too-fast", refusal(429, "too many messages a minute", sender.format, math.ceil(wait))
        if self._taking >= self._settings.most_at_once:
            return "failed", refusal(503, "too many messages at once", sender.format)
        self._taking += 1
        _TAKING.inc()
        try:
            async with asyncio.timeout(self._settings.request_seconds):
                body = await request.read()
            receipt = await asyncio.get_running_loop().run_in_executor(
                self._threads, self._desk.take, name, sender, body, request.headers.get("Content-Type", "")
            )
        except TimeoutError:
            return "refused", refusal(408, "the message did not arrive in time", sender.format)
        except web.HTTPRequestEntityTooLarge:
            most = self._settings.most_message_kibibytes
            return "refused", refusal(413, f"a message has at most {most} KiB", sender.format)
        finally:
            self._taking -= 1
            _TAKING.dec()
        return _word_of(receipt), answer_to(sender.format, receipt)


def _names_in(request: web.Request) -> set[str]:
    """Return the alternative names of the client's certificate, which an authority of ours has signed."""
    shown = request.get_extra_info("peercert") or {}
    return {value for kind, value in shown.get("subjectAltName", ()) if kind in ("DNS", "URI")}


def _word_of(receipt: Receipt) -> str:
    """Return what became of a message. One without reads, a heartbeat, is taken."""
    if receipt.taken:
        return "taken"
    return "put-aside" if receipt.put_aside else "refused" if receipt.refused else "taken"


def _word_for(error: AnprError) -> str:
    if isinstance(error, AccessDenied):
        return "denied"
    return "refused" if isinstance(error, BadInput) else "failed"


def _response(answer: Answer) -> web.Response:
    headers = {"Content-Type": answer.content_type}
    if answer.retry_after_seconds is not None:
        headers["Retry-After"] = str(answer.retry_after_seconds)
    if answer.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="join"'
    return web.Response(status=answer.status, body=answer.body, headers=headers)


class WithoutWhatWasSent(logging.Filter):
    """The server's own messages quote requests, and tracebacks do. Of each kind the first are told, then one in ten
    seconds with how many there were: strangers must not fill the log."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._seldom = Seldom(clock)

    def filter(self, record: logging.LogRecord) -> bool:
        fault = record.exc_info[0] if record.exc_info else None
        kind = fault.__name__ if fault else "no error"
        times = self._seldom.due(kind)
        record.msg, record.args = f"a request was not understood ({kind}){told(times)}", ()
        record.exc_info, record.exc_text = None, None
        return times > 0


_quiet.addFilter(WithoutWhatWasSent(SystemClock()))
