"""Calling a node's services: the channel that the settings describe, who calls, and the project's errors back again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from pipeline.access.callers.settings import CallerLimits
from pipeline.errors import (
    AccessDenied,
    AnprError,
    BadInput,
    Forgotten,
    IntegrityError,
    NotFound,
    OutOfTurn,
    Overloaded,
    SettingsError,
    Unavailable,
    Unidentified,
)
from pipeline.loopback import is_loopback
from pipeline.settings import ServicesSettings
from protos.anpr.v1 import alert_pb2_grpc

_MOMENT_SECONDS = 1.0
_ERRORS: dict[grpc.StatusCode, type[AnprError]] = {
    grpc.StatusCode.FAILED_PRECONDITION: OutOfTurn,
    grpc.StatusCode.INVALID_ARGUMENT: BadInput,
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.OUT_OF_RANGE: Forgotten,
    grpc.StatusCode.PERMISSION_DENIED: AccessDenied,
    grpc.StatusCode.UNAUTHENTICATED: Unidentified,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Overloaded,
    grpc.StatusCode.DATA_LOSS: IntegrityError,
}


def channel_to(settings: ServicesSettings, address: str = "", token: str = "") -> grpc.Channel:
    """Return a channel to `address`, or to where the settings say; with their certificates if there are any.

    Its calls bear `token`, and a deadline: the longest that a service with the same settings allows.
    Raises SettingsError for another machine without certificates: the token would go there for all to see.
    """
    return introduced(_bare_channel(settings, address), settings.limits, token)


def introduced(channel: grpc.Channel, limits: CallerLimits, token: str = "") -> grpc.Channel:
    """Return `channel` with calls that bear `token`, and a deadline where they set none."""
    return grpc.intercept_channel(channel, _Introduced(limits, token))


def _bare_channel(settings: ServicesSettings, address: str) -> grpc.Channel:
    target = address or f"{settings.host}:{settings.port}"
    options = [("grpc.max_receive_message_length", 64 * 2**20)]
    if not settings.certificate_file:
        if not is_loopback(target.rpartition(":")[0].strip("[]")):
            raise SettingsError([f"[services] certificate_file: {target} is another machine, which needs certificates"])
        return grpc.insecure_channel(target, options)
    try:
        authorities, key, certificate = (
            Path(file).read_bytes()
            for file in (settings.client_authorities_file, settings.key_file, settings.certificate_file)
        )
    except OSError as error:
        raise Unavailable(f"{error.filename}: cannot be read: {error.strerror}") from error
    return grpc.secure_channel(target, grpc.ssl_channel_credentials(authorities, key, certificate), options)


class _Introduced(
    grpc.UnaryUnaryClientInterceptor,
    grpc.UnaryStreamClientInterceptor,
    grpc.StreamUnaryClientInterceptor,
    grpc.StreamStreamClientInterceptor,
):
    def __init__(self, limits: CallerLimits, token: str) -> None:
        self._limits = limits
        self._metadata = [("authorization", f"Bearer {token}")] if token else []

    def _call(self, seconds: float, go_on: Callable[..., Any], details: Any, given: Any) -> Any:
        introduced = _Details(
            method=details.method,
            timeout=seconds if details.timeout is None else details.timeout,
            metadata=[*(details.metadata or ()), *self._metadata],
            credentials=details.credentials,
            wait_for_ready=details.wait_for_ready,
            compression=details.compression,
        )
        return go_on(introduced, given)

    def intercept_unary_unary(self, go_on: Any, details: Any, given: Any) -> Any:
        return self._call(self._limits.longest_call_seconds, go_on, details, given)

    def intercept_unary_stream(self, go_on: Any, details: Any, given: Any) -> Any:
        return self._call(self._limits.longest_stream_seconds, go_on, details, given)

    def intercept_stream_unary(self, go_on: Any, details: Any, given: Any) -> Any:
        return self._call(self._limits.longest_stream_seconds, go_on, details, given)

    def intercept_stream_stream(self, go_on: Any, details: Any, given: Any) -> Any:
        return self._call(self._limits.longest_stream_seconds, go_on, details, given)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Details(grpc.ClientCallDetails):
    method: str
    timeout: float | None
    metadata: Any
    credentials: Any
    wait_for_ready: Any
    compression: Any


def answers(channel: grpc.Channel) -> bool:
    """Tell whether anybody answers at the other end within a moment."""
    try:
        grpc.channel_ready_future(channel).result(timeout=_MOMENT_SECONDS)
    except grpc.FutureTimeoutError:
        return False
    return True


def alerts_at(channel: grpc.Channel) -> Any:
    """Return `AlertService` at the other end of `channel`."""
    return alert_pb2_grpc.AlertServiceStub(channel)


@contextmanager
def answered(address: str) -> Iterator[None]:
    """Raise what a call was told as the error it was; every other failure is Unavailable."""
    try:
        yield
    except grpc.RpcError as error:
        raise error_of(error, f"the services at {address} do not answer; is `anpr run` running there?") from error


def error_of(error: grpc.RpcError, unavailable: str) -> AnprError:
    """Return what a call was told as the error it was; `unavailable` says that nobody answers."""
    code = error.code() if isinstance(error, grpc.Call) else grpc.StatusCode.UNKNOWN
    said = (error.details() if isinstance(error, grpc.Call) else "") or code.name.lower()
    return Unavailable(unavailable) if code is grpc.StatusCode.UNAVAILABLE else _ERRORS.get(code, Unavailable)(said)
