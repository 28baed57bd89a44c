"""The national centre, as the outbox sees it: encoded requests out, futures of encoded answers back."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import grpc

from actors.services.client import error_of
from pipeline.errors import Unavailable
from pipeline.settings import Settings
from protos.anpr.v1 import national_pb2, national_pb2_grpc

log = logging.getLogger(__name__)
_SERVICE = "/anpr.v1.NationalService"
_OPTIONS = (
    # the outbox has pauses of its own; the channel must be ready to try when they end
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    # a connection that was cut without a word is noticed by this
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    # channels of one process otherwise share a connection, and with it its certificate
    ("grpc.use_local_subchannel_pool", 1),
)


class NationalPeer:
    """A `Peer` over mutual TLS, where the settings name certificates. Safe for many threads.

    After a failure the connection is made anew if the certificate files have changed meanwhile.
    """

    def __init__(self, settings: Settings) -> None:
        share, services = settings.share, settings.services
        self._address = share.peer
        self._seconds = share.answer_seconds
        own = (share.authorities_file, share.key_file, share.certificate_file)
        self._files = (
            own if all(own) else (services.client_authorities_file, services.key_file, services.certificate_file)
        )
        self._lock = threading.Lock()
        self._failed = threading.Event()
        self._made_of: tuple[bytes, ...] = ()
        self._channel: grpc.Channel | None = None

    def push_reads(self, request: bytes) -> Future[bytes]:
        return self._call("PushReads", request)

    def push_images(self, request: bytes) -> Future[bytes]:
        return self._call("PushImages", request)

    def push_erasures(self, request: bytes) -> Future[bytes]:
        return self._call("PushErasures", request)

    def watch_hotlists(self, after_revision: int, seconds: float) -> Any:
        """Return the call that tells the centre's lists for so long."""
        request = national_pb2.WatchHotlistsRequest(after_revision=after_revision)
        return national_pb2_grpc.NationalServiceStub(self.channel()).WatchHotlists(request, timeout=seconds)

    def channel(self) -> grpc.Channel:
        """Return the connection as it is now. Raises Unavailable while the certificates cannot be read."""
        with self._lock:
            if self._channel is None:
                self._made_of = self._contents()
                self._channel = _channel_to(self._address, self._made_of)
            return self._channel

    def look_at_certificates(self) -> None:
        """Make the connection anew for the next call if the files have changed."""
        with self._lock:
            if self._channel is None or self._contents() == self._made_of:
                return
            former, self._channel = self._channel, None
        log.info("the certificates have changed: the connection to %s is made anew", self._address)
        # not under the lock: it ends calls, and who is told of that may call again
        former.close()

    def close(self) -> None:
        with self._lock:
            if self._channel is not None:
                self._channel.close()

    def _call(self, method: str, request: bytes) -> Future[bytes]:
        answer: Future[bytes] = Future()
        try:
            if self._failed.is_set():
                self._failed.clear()
                self.look_at_certificates()
            # neither side of the call is turned into messages here: that was, or will be, done once
            callable_: Any = self.channel().unary_unary(f"{_SERVICE}/{method}", None, None)
            call = callable_.future(request, timeout=self._seconds)
        except (Unavailable, ValueError) as error:
            # gRPC says ValueError when the connection was closed just now
            answer.set_exception(error if isinstance(error, Unavailable) else self._away())
            return answer
        call.add_done_callback(lambda done: self._settle(done, answer))
        return answer

    def _settle(self, call: Any, answer: Future[bytes]) -> None:
        error = grpc.RpcError() if call.cancelled() else call.exception()
        if error is None:
            answer.set_result(call.result())
            return
        self._failed.set()
        said = "" if call.cancelled() else call.details() or ""
        answer.set_exception(error_of(error, str(self._away(said))))

    def _away(self, said: str = "") -> Unavailable:
        # what the centre says of itself is of use; what gRPC says of a connection is long and names no remedy
        why = "" if not said or "connect" in said or "peer" in said else f" ({said})"
        return Unavailable(f"{self._address} does not answer, or does not accept the certificates{why}")

    def _contents(self) -> tuple[bytes, ...]:
        try:
            return tuple(Path(file).read_bytes() for file in self._files if file)
        except OSError as error:
            raise Unavailable(f"{error.filename}: cannot be read: {error.strerror}") from error


def _channel_to(address: str, certificates: tuple[bytes, ...]) -> grpc.Channel:
    if not certificates:
        return grpc.insecure_channel(address, _OPTIONS)
    authorities, key, certificate = certificates
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(authorities, key, certificate), _OPTIONS)
