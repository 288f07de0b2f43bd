"""Reads a server's event stream as one answer, in whatever format it is written."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Protocol

import httpx2
import msgspec

from adapters.llm.deadlines import Deadlines, Patience
from domain.errors import ModelError, ModelUnavailable
from ports.language_model import ModelPart

UNREADABLE: tuple[type[Exception], ...] = (msgspec.ValidationError, ValueError, RecursionError)
"""What comes of an event that is no JSON, or not of the shape that its format has."""


class Answer(Protocol):
    @property
    def has_begun(self) -> bool:
        """Whether a piece of text, of reasoning or of a tool call has come."""

    def add(self, data: object) -> Iterator[ModelPart]:
        """What one event gives. Raises one of UNREADABLE, or the errors of the port."""

    def end(self) -> Iterator[ModelPart]:
        """What is given last. Raises ModelUnavailable if the answer is not whole."""


class EventStream(Protocol):
    response: httpx2.Response

    async def __anext__(self) -> object: ...

    def __aiter__(self) -> AsyncIterator[object]: ...


async def answer_parts(
    ask: Callable[[], Awaitable[AbstractAsyncContextManager[EventStream]]],
    *,
    answer: Answer,
    deadlines: Deadlines,
    faults: tuple[type[Exception], ...],
    as_model_error: Callable[[Exception], ModelError],
) -> AsyncGenerator[ModelPart]:
    """`faults` are what the SDK raises; leaving early closes the connection."""
    patience = Patience(deadlines, has_begun=lambda: answer.has_begun)
    try:
        async with await patience.wait(ask()) as stream:
            _require_event_stream(stream.response.headers.get("content-type", ""))
            async with aclosing(patience.each(stream)) as events:
                async for data in events:
                    for part in answer.add(data):
                        yield part
    except UNREADABLE + faults as error:
        raise as_model_error(error) from error
    for last_part in answer.end():
        yield last_part


def _require_event_stream(content_type: str) -> None:
    if not content_type.lower().startswith("text/event-stream"):
        raise ModelUnavailable(
            f"the model server sent {content_type or 'no content type'}, not an event stream"
        )
