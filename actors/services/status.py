"""The one table from the project's errors to the status codes of gRPC, and what a caller is told of each."""

from __future__ import annotations

import logging

import grpc

from pipeline.access.callers.seldom import Seldom, told
from pipeline.domain.ports import Clock
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

log = logging.getLogger(__name__)
# the first that fits: what is special stands before what is general
_CODES: tuple[tuple[type[AnprError], grpc.StatusCode], ...] = (
    (OutOfTurn, grpc.StatusCode.FAILED_PRECONDITION),
    (BadInput, grpc.StatusCode.INVALID_ARGUMENT),
    (NotFound, grpc.StatusCode.NOT_FOUND),
    (Forgotten, grpc.StatusCode.OUT_OF_RANGE),
    (Unidentified, grpc.StatusCode.UNAUTHENTICATED),
    (AccessDenied, grpc.StatusCode.PERMISSION_DENIED),
    (Unavailable, grpc.StatusCode.UNAVAILABLE),
    (Overloaded, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (IntegrityError, grpc.StatusCode.DATA_LOSS),
    (SettingsError, grpc.StatusCode.INTERNAL),
)
_INTERNAL = (grpc.StatusCode.DATA_LOSS, grpc.StatusCode.INTERNAL)
_FAULT = "the service has a fault of its own; its log says which"
_AWAY = "the service cannot answer now; try again"


def status_of(error: AnprError) -> grpc.StatusCode:
    """Return the code that tells `error`."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), grpc.StatusCode.INTERNAL)


class Answers:
    """Answers errors. What went wrong inside is logged and not told to the caller: of each place that fails the first
    are logged, then one in ten seconds with how many there were, for callers must not fill the log."""

    def __init__(self, clock: Clock) -> None:
        self._log_lines = Seldom(clock)

    def to(self, error: Exception) -> tuple[grpc.StatusCode, str]:
        """Return code and text for the caller."""
        if not isinstance(error, AnprError):
            # not its text: it may hold what no log may hold
            self._log(logging.ERROR, error, f"a call failed with {type(error).__name__}{_where(error)}")
            return grpc.StatusCode.INTERNAL, _FAULT
        code = status_of(error)
        if code in _INTERNAL:
            self._log(logging.ERROR, error, f"a call failed: {error}")
            return code, _FAULT
        if code is grpc.StatusCode.UNAVAILABLE:
            # names disks and files of this machine
            self._log(logging.WARNING, error, f"a call could not be answered: {error}")
            return code, _AWAY
        return code, str(error)

    def _log(self, level: int, error: Exception, text: str) -> None:
        # by the place and not by the text, of which a caller may be able to make as many as they like
        if times := self._log_lines.due(f"{type(error).__name__}{_where(error)}"):
            log.log(level, "%s%s", text, told(times))


def _where(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""
