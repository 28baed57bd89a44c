"""The one table from the project's errors to the status codes of gRPC."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc

from pipeline.errors import (
    AccessDenied,
    AnprError,
    BadInput,
    IntegrityError,
    NotFound,
    OutOfTurn,
    Overloaded,
    SettingsError,
    Unavailable,
)

log = logging.getLogger(__name__)
# the first that fits: what is special stands before what is general
_CODES: tuple[tuple[type[AnprError], grpc.StatusCode], ...] = (
    (OutOfTurn, grpc.StatusCode.FAILED_PRECONDITION),
    (BadInput, grpc.StatusCode.INVALID_ARGUMENT),
    (NotFound, grpc.StatusCode.NOT_FOUND),
    (AccessDenied, grpc.StatusCode.PERMISSION_DENIED),
    (Unavailable, grpc.StatusCode.UNAVAILABLE),
    (Overloaded, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (IntegrityError, grpc.StatusCode.DATA_LOSS),
    (SettingsError, grpc.StatusCode.INTERNAL),
)
_INTERNAL = (grpc.StatusCode.DATA_LOSS, grpc.StatusCode.INTERNAL)


def status_of(error: AnprError) -> grpc.StatusCode:
    """Return the code that tells `error`."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), grpc.StatusCode.INTERNAL)


@asynccontextmanager
async def answering(context: grpc.aio.ServicerContext[Any, Any]) -> AsyncIterator[None]:
    """Tell the caller of the project's errors; what went wrong inside is logged here and not told there."""
    try:
        yield
    except AnprError as error:
        code = status_of(error)
        if code in _INTERNAL:
            log.error("a call failed: %s", error)
            await context.abort(code, "the service has a fault of its own; its log says which")
        await context.abort(code, str(error))
