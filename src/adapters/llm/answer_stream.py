"""Reads the event stream of a model server as one answer, whatever its format."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Protocol

import httpx2
import msgspec

from adapters.llm.served_model import AnswerDeadline, Deadlines
from domain.errors import ModelError, ModelUnavailable
from ports.language_model import ModelPart

UNREADABLE: tuple[type[Exception], ...] = (msgspec.ValidationError, ValueError, RecursionError)
"""Errors of events that are no JSON, or not shaped as their format requires."""


class Answer(Protocol):
    @property
    def has_begun(self) -> bool:
        """Whether any text, reasoning or part of a tool call was received."""

    def add(self, data: object) -> Iterator[ModelPart]:
        """The parts of one event. Raises one of UNREADABLE, or the errors of the port."""

    def end(self) -> Iterator[ModelPart]:
        """The last parts. Raises ModelUnavailable if the answer is incomplete."""


class SdkStream(Protocol):
    response: httpx2.Response

    async def __anext__(self) -> object: ...

    def __aiter__(self) -> AsyncIterator[object]: ...


async def answer_parts(
    ask: Callable[[], Awaitable[AbstractAsyncContextManager[SdkStream]]],
    *,
    answer: Answer,
    deadlines: Deadlines,
    faults: tuple[type[Exception], ...],
    as_model_error: Callable[[Exception], ModelError],
) -> AsyncGenerator[ModelPart]:
    """`faults` are the errors of the SDK. Leaving early closes the connection."""
    deadline = AnswerDeadline(deadlines, has_begun=lambda: answer.has_begun)
    try:
        async with await deadline.wait(ask()) as stream:
            _require_event_stream(stream.response.headers.get("content-type", ""))
            async with aclosing(deadline.each(stream)) as events:
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
