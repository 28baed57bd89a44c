"""What every interceptor of the services is: something that happens around a call, whatever its kind.

gRPC has four kinds of methods, and shows an interceptor the certificate of the connection only once the method's own
function is called. So an interceptor puts a function around that one, and says in `around` what happens before and
after, and in `message` what happens with each message that comes in.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import grpc

from pipeline.access.callers.door import Caller
from pipeline.errors import Unidentified

Context = grpc.aio.ServicerContext[Any, Any]
CALLER: ContextVar[Caller] = ContextVar("caller")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call under way. `method` is /package.Service/Method; `stream` tells that either side sends many messages.

    `request` is the one message that came in; None where many do.
    """

    method: str
    stream: bool
    context: Context
    request: Any = None


def caller() -> Caller:
    """Return who makes the call that is being answered. Raises Unidentified where no door stands before it."""
    try:
        return CALLER.get()
    except LookupError:
        raise Unidentified("nobody has said who calls") from None


class Around(grpc.aio.ServerInterceptor):
    """Base of the interceptors."""

    @abstractmethod
    def around(self, call: Call) -> AbstractAsyncContextManager[None]:
        """Return what happens around a call; what it raises before the call keeps the call from being made."""

    def message(self, method: str, message: Any) -> None:
        """Look at a message that comes in; raise to refuse it."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        handler = await continuation(handler_call_details)
        # there is none for a method that nobody serves
        return handler and _wrapped(self, handler, handler_call_details.method)


def _wrapped(self: Around, handler: Any, method: str) -> Any:
    many_in, many_out = handler.request_streaming, handler.response_streaming
    kind = f"{'stream' if many_in else 'unary'}_{'stream' if many_out else 'unary'}"
    inner = getattr(handler, kind)

    def looked_at(given: Any) -> Any:
        if many_in:
            return _each(self, method, given)
        self.message(method, given)
        return given

    def call_of(given: Any, context: Context) -> Call:
        request = None if many_in else given
        return Call(method=method, stream=many_in or many_out, context=context, request=request)

    async def one_answer(given: Any, context: Context) -> Any:
        async with self.around(call_of(given, context)):
            return await inner(looked_at(given), context)

    async def many_answers(given: Any, context: Context) -> None:
        async with self.around(call_of(given, context)):
            answers = inner(looked_at(given), context)
            if not hasattr(answers, "__aiter__"):
                await answers
                return
            async with aclosing(answers):
                async for answer in answers:
                    await context.write(answer)

    make = getattr(grpc, f"{kind}_rpc_method_handler")
    return make(
        many_answers if many_out else one_answer,
        request_deserializer=handler.request_deserializer,
        response_serializer=handler.response_serializer,
    )


async def _each(self: Around, method: str, messages: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for message in messages:
        self.message(method, message)
        yield message
