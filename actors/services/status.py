"""The one table from the project's errors to the status codes of gRPC, and what a caller is told of each."""

from __future__ import annotations

import logging

import grpc

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


def answer_to(error: Exception) -> tuple[grpc.StatusCode, str]:
    """Return code and text for the caller; what went wrong inside is logged here and not told there."""
    if not isinstance(error, AnprError):
        # not its text: it may hold what no log may hold
        log.error("a call failed with %s%s", type(error).__name__, _where(error))
        return grpc.StatusCode.INTERNAL, _FAULT
    code = status_of(error)
    if code in _INTERNAL:
        log.error("a call failed: %s", error)
        return code, _FAULT
    if code is grpc.StatusCode.UNAVAILABLE:
        # names disks and files of this machine
        log.warning("a call could not be answered: %s", error)
        return code, _AWAY
    return code, str(error)


def _where(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""
