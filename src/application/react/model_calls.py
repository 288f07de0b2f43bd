"""One call of the model, from its request to the whole answer, over as many tries as it takes."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Literal

from application.react.retry import Retry
from application.react.text_joiner import JOIN_S, joined_text
from domain.errors import ModelRefused, ModelUnavailable
from domain.json_values import without_surrogates
from domain.task_events import Error
from domain.thinking_events import MessageDelta, ThinkComplete, ThinkDelta, Thinking
from ports.id_source import IdSource
from ports.language_model import (
    AnswerCut,
    KeptReasoning,
    LanguageModel,
    ModelPart,
    ModelRequest,
    ModelUsage,
    ReasoningDelta,
    TextDelta,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from ports.runner import RunContext

CUT = Error(
    message="the model's answer was cut: it reached the longest that it may be",
    phase="model",
    recoverable=True,
)
CONTINUE = UserMessage(
    content="[Your answer was cut here, at the longest that it may be. Go on exactly where it ended.]"
)
_NOTE = (
    "\n[your answer was cut after this call, at the longest that it may be: write less at once]"
)
MAX_THOUGHT_CHARS = 4 * 1024 * 1024
_Kind = Literal["reasoning", "content"]


def require_text(content: str) -> None:
    """Raises ModelRefused for an answer that was cut before any text: the next would be as well."""
    if not content.strip():
        raise ModelRefused(f"{CUT.message}, before any text of an answer")


def without_unfinished_call(calls: Sequence[ToolCall]) -> list[ToolCall]:
    """A last call of whose arguments nothing arrived is not made: it gets no arguments."""
    if not calls or calls[-1].raw_arguments.strip():
        return list(calls)
    return [*calls[:-1], replace(calls[-1], arguments=None)]


def with_cut_note(results: Sequence[ToolMessage]) -> Sequence[ToolMessage]:
    """The last result notes that the answer was cut after its call; not for an empty sequence."""
    return [*results[:-1], replace(results[-1], content=results[-1].content + _NOTE)]


@dataclass(slots=True)
class Thought:
    content: str = ""
    reasoning: str = ""
    message_id: str = ""
    """Of the message that the content is a part of; empty until its first text."""
    tool_calls: list[ToolCall] = field(default_factory=list)
    usage: ModelUsage | None = None
    kept_reasoning: str | None = None
    is_cut: bool = False


class ModelCalls:
    def __init__(
        self, model: LanguageModel, *, retry: Retry, ids: IdSource, join_s: float = JOIN_S
    ) -> None:
        self._model = model
        self._retry = retry
        self._ids = ids
        self._join_s = join_s

    async def think(
        self, request: ModelRequest, *, iteration: int, context: RunContext, message_id: str = ""
    ) -> Thought:
        """Raises ModelRefused, or ModelUnavailable after the last try.

        `message_id` is that of a message which was cut and which this thought continues. However it
        ends, a ThinkComplete is emitted, with the text of the last try.
        """
        thoughts = [Thought(message_id=message_id)]
        try:
            await context.emit(Thinking(iteration=iteration, message_count=len(request.messages)))
            return await self._until_whole(request, thoughts, iteration, context)
        finally:
            await context.emit(
                ThinkComplete(
                    iteration=iteration,
                    content=thoughts[-1].content,
                    reasoning=thoughts[-1].reasoning or None,
                    tool_call_count=len(thoughts[-1].tool_calls),
                )
            )

    async def _until_whole(
        self,
        request: ModelRequest,
        thoughts: list[Thought],
        iteration: int,
        context: RunContext,
    ) -> Thought:
        tries = 1
        while True:
            try:
                return await self._one_try(request, thoughts[-1], iteration, context)
            except ModelUnavailable as error:
                if tries >= self._retry.tries:
                    raise ModelUnavailable(f"{error} (after {tries} tries)") from error
                void = thoughts[-1]
                # A void message that was shown in part is never completed: the next has a new id.
                thoughts.append(Thought(message_id="" if void.content else void.message_id))
                await self._wait_to_retry(error, tries, void, context)
                tries += 1

    async def _one_try(
        self, request: ModelRequest, thought: Thought, iteration: int, context: RunContext
    ) -> Thought:
        async def emit(kind: _Kind, text: str) -> None:
            await context.emit(
                ThinkDelta(iteration=iteration, text=text)
                if kind == "reasoning"
                else MessageDelta(message_id=thought.message_id, text=text)
            )

        pieces: dict[_Kind, list[str]] = {"reasoning": [], "content": []}
        length = 0
        try:
            async with (
                _closing(self._model.stream(request)) as parts,
                joined_text(emit, join_s=self._join_s) as put,
            ):
                async for part in parts:
                    match part:
                        case TextDelta() | ReasoningDelta():
                            kind: _Kind = "content" if isinstance(part, TextDelta) else "reasoning"
                            text = without_surrogates(part.text)
                            if kind == "content" and text and not thought.message_id:
                                thought.message_id = self._ids.message_id()
                            pieces[kind].append(text)
                            length += len(text)
                            await put(kind, text)
                        case KeptReasoning():
                            thought.kept_reasoning = part.data
                        case ToolCall():
                            thought.tool_calls.append(part)
                        case AnswerCut():
                            thought.is_cut = True
                        case ModelUsage():
                            thought.usage = part
                    if length > MAX_THOUGHT_CHARS:
                        raise ModelRefused("the model wrote text without end")
        finally:
            thought.content = "".join(pieces["content"])
            thought.reasoning = "".join(pieces["reasoning"])
        if thought.is_cut:
            thought.tool_calls = without_unfinished_call(thought.tool_calls)
        return thought

    async def _wait_to_retry(
        self, error: ModelUnavailable, failed_tries: int, thought: Thought, context: RunContext
    ) -> None:
        delay_s = self._retry.delay_s(failed_tries=failed_tries, retry_after_s=error.retry_after_s)
        if delay_s is None:
            raise ModelUnavailable(
                f"{error} (it is not to be asked again for {error.retry_after_s:.0f} s)"
            ) from error
        is_void = thought.content or thought.reasoning
        void = "; the text so far is void, the thought starts anew" if is_void else ""
        again = f"try {failed_tries + 1} of {self._retry.tries} in {delay_s:.2g} s{void}"
        await context.emit(Error(message=f"{error}: {again}", phase="model", recoverable=True))
        await self._retry.sleep(delay_s)


@asynccontextmanager
async def _closing(parts: AsyncIterator[ModelPart]) -> AsyncIterator[AsyncIterator[ModelPart]]:
    """Closes the stream in any case; a generator would otherwise wait for the collector."""
    try:
        yield parts
    finally:
        if isinstance(parts, AsyncGenerator):
            await parts.aclose()
