"""What every interceptor of the services is: something that happens around a call, whatever its kind.

gRPC has four kinds of methods, and shows an interceptor the certificate of the connection only once the method's own
function is called. So an interceptor puts a function around that one, and does in `around` what happens before and
after, and in `message` what happens with each message that comes in.

Messages are made of their bytes here and not by gRPC, which would do it before anybody asks who calls, and would tell
a stranger's bytes as a fault of ours, with a traceback in the log.
On failure: BadInput for bytes that are no message.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from pipeline.access.callers.door import Caller
from pipeline.errors import BadInput, Unidentified

Context = grpc.aio.ServicerContext[Any, Any]
Read = Callable[[bytes], Any]
CALLER: ContextVar[Caller] = ContextVar("caller")


class Message:
    """The one message that comes in, `read` of its bytes when somebody first asks for it."""

    def __init__(self, content: bytes, read: Read) -> None:
        self._content = content
        self._read = read
        self.first: Any = None
        """None until it was read."""

    def read(self) -> Any:
        """Return the message. Raises BadInput when it is none."""
        if self.first is None:
            self.first = self._read(self._content)
            self._content = b""
        return self.first

    async def peek(self) -> Any:
        return self.read()


class Messages:
    """What comes in over a stream, each `read` of its bytes and looked at by `look`; the first can be seen before it is
    taken."""

    def __init__(self, contents: AsyncIterable[bytes], read: Read, look: Callable[[Any], None]) -> None:
        self._given = contents
        self._contents: AsyncIterator[bytes] | None = None
        self._read = read
        self._look = look
        self._waiting = False
        self.first: Any = None
        """None until it has come."""

    async def peek(self) -> Any:
        """Return the first message, when it has come; None when there is none."""
        if self.first is None:
            self.first = await anext(self, None)
            self._waiting = self.first is not None
        return self.first

    def __aiter__(self) -> Messages:
        return self

    async def __anext__(self) -> Any:
        if self._waiting:
            self._waiting = False
            return self.first
        if self._contents is None:
            # not before: of a call that is refused nothing is taken
            self._contents = aiter(self._given)
        message = self._read(await anext(self._contents))
        self._look(message)
        if self.first is None:
            self.first = message
        return message


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call under way. `method` is /package.Service/Method; `stream` tells that either side sends many messages."""

    method: str
    stream: bool
    context: Context
    given: Message | Messages

    @property
    def first(self) -> Any:
        """Return the first message that came in; None before it was read."""
        return self.given.first

    async def peek(self) -> Any:
        """Return the first message, waiting for it; None when there is none. Raises BadInput when it is no message."""
        return await self.given.peek()


def caller() -> Caller:
    """Return who makes the call that is being answered. Raises Unidentified where no door stands before it."""
    try:
        return CALLER.get()
    except LookupError:
        raise Unidentified("nobody has said who calls") from None


GoOn = Callable[[Call], Awaitable[Any]]
"""Makes the call, with what else there is around it, and returns its answer."""


class Around(ABC):
    """Base of what happens around calls."""

    looks = False
    """Whether `message` is to be shown what comes in."""

    @abstractmethod
    async def around(self, call: Call, go_on: GoOn) -> Any:
        """Return what `go_on` answers to `call`; what is raised before that keeps the call from being made.

        One function around another, and no context managers: entering and leaving those of five parts took longer than
        what they do.
        """

    def message(self, method: str, message: Any) -> None:  # noqa: B027 - only for those that look
        """Look at a message that comes in; raise to refuse it."""


class Chain(grpc.aio.ServerInterceptor):
    """Puts `parts` around every call, the first outermost, each with its look at a message before the next begins.

    They are one interceptor: gRPC asks each of them anew for each call, and five cost as much as taking a read does.
    """

    def __init__(self, parts: Sequence[Around]) -> None:
        self._parts = parts
        self._made: dict[str, tuple[Any, Any]] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        handler = await continuation(handler_call_details)
        if handler is None:
            # there is none for a method that nobody serves
            return None
        method = handler_call_details.method
        known = self._made.get(method)
        if known is None or known[0] is not handler:
            known = self._made[method] = handler, _wrapped(self._parts, handler, method)
        made: grpc.RpcMethodHandler[Any, Any] = known[1]
        return made


def _wrapped(parts: Sequence[Around], handler: Any, method: str) -> Any:
    many_in, many_out = handler.request_streaming, handler.response_streaming
    kind = f"{'stream' if many_in else 'unary'}_{'stream' if many_out else 'unary'}"
    inner = getattr(handler, kind)
    looking = [part for part in parts if part.looks]

    def read(content: bytes) -> Any:
        try:
            return handler.request_deserializer(content)
        except DecodeError:
            # which quotes nothing, but is gRPC's business and not the caller's
            raise BadInput("what was sent is no message of this method") from None

    def look(message: Any) -> None:
        for part in looking:
            part.message(method, message)

    async def one_answer(call: Call) -> Any:
        return await inner(_given_to(call), call.context)

    async def many_answers(call: Call) -> None:
        answers = inner(_given_to(call), call.context)
        if not hasattr(answers, "__aiter__"):
            await answers
            return
        async with aclosing(answers):
            async for answer in answers:
                await call.context.write(answer)

    go_on: GoOn = many_answers if many_out else one_answer
    for part in reversed(parts):
        go_on = _with(part, go_on)

    async def answered(given: Any, context: Context) -> Any:
        call = Call(
            method=method,
            stream=many_in or many_out,
            context=context,
            given=Messages(given, read, look) if many_in else Message(given, read),
        )
        return await go_on(call)

    make = getattr(grpc, f"{kind}_rpc_method_handler")
    return make(
        answered,
        # the bytes themselves
        request_deserializer=None,
        response_serializer=handler.response_serializer,
    )


def _with(part: Around, go_on: GoOn) -> GoOn:
    """Return `go_on` with `part` around it, which sees the one message before what is within."""

    async def look_and_go_on(call: Call) -> Any:
        if isinstance(call.given, Message):
            part.message(call.method, call.given.read())
        return await go_on(call)

    within = look_and_go_on if part.looks else go_on
    return lambda call: part.around(call, within)


def _given_to(call: Call) -> Any:
    return call.given.read() if isinstance(call.given, Message) else call.given
