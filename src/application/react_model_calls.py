"""One thought of a model, from its request to its last word, over as many tries as it takes."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from application.react_cut_answer import without_half_a_call
from application.react_retry import Retry
from application.react_text_joiner import JOIN_S, Emit, joined_text
from domain.errors import ModelRefused, ModelUnavailable
from domain.task_events import Error
from domain.thinking_events import ThinkComplete, ThinkDelta, Thinking
from domain.whole_text import whole_text
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
)
from ports.runner import RunContext

MAX_THOUGHT_CHARS = 4 * 1024 * 1024


@dataclass(slots=True)
class Thought:
    content: str = ""
    tool_calls: list[ToolCall] = field(default_factory=list)
    usage: ModelUsage | None = None
    kept_reasoning: str | None = None
    is_cut: bool = False


class ModelCalls:
    def __init__(self, model: LanguageModel, *, retry: Retry, join_s: float = JOIN_S) -> None:
        self._model = model
        self._retry = retry
        self._join_s = join_s

    async def think(
        self, request: ModelRequest, *, iteration: int, context: RunContext
    ) -> Thought:
        """Raises ModelRefused, or ModelUnavailable after the last try.

        However it ends, the thought is complete for a watcher: with what was said last.
        """
        thoughts = [Thought()]
        try:
            await context.emit(Thinking(iteration=iteration, message_count=len(request.messages)))
            return await self._until_whole(request, thoughts, iteration, context)
        finally:
            await context.emit(
                ThinkComplete(
                    iteration=iteration,
                    content=thoughts[-1].content,
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
        async def emit(text: str) -> None:
            await context.emit(ThinkDelta(iteration=iteration, text=text))

        tries = 1
        while True:
            try:
                return await self._one_try(request, thoughts[-1], emit)
            except ModelUnavailable as error:
                if tries >= self._retry.tries:
                    raise ModelUnavailable(f"{error} (after {tries} tries)") from error
                void = thoughts[-1]
                thoughts.append(Thought())
                await self._wait_to_retry(error, tries, void, context)
                tries += 1

    async def _one_try(self, request: ModelRequest, thought: Thought, emit: Emit) -> Thought:
        pieces: list[str] = []
        length = 0
        try:
            async with (
                _left(self._model.stream(request)) as parts,
                joined_text(emit, join_s=self._join_s) as put,
            ):
                async for part in parts:
                    match part:
                        case TextDelta():
                            text = whole_text(part.text)
                            pieces.append(text)
                            length += len(text)
                            await put(text)
                        case ReasoningDelta():
                            length += len(part.text)
                            await put(whole_text(part.text))
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
            thought.content = "".join(pieces)
        if thought.is_cut:
            thought.tool_calls = without_half_a_call(thought.tool_calls)
        return thought

    async def _wait_to_retry(
        self, error: ModelUnavailable, failed_tries: int, thought: Thought, context: RunContext
    ) -> None:
        delay_s = self._retry.delay_s(failed_tries=failed_tries, retry_after_s=error.retry_after_s)
        if delay_s is None:
            raise ModelUnavailable(
                f"{error} (it is not to be asked again for {error.retry_after_s:.0f} s)"
            ) from error
        void = "; the text so far is void, the thought starts anew" if thought.content else ""
        again = f"try {failed_tries + 1} of {self._retry.tries} in {delay_s:.2g} s{void}"
        await context.emit(Error(message=f"{error}: {again}", phase="model", recoverable=True))
        await self._retry.sleep(delay_s)


@asynccontextmanager
async def _left(parts: AsyncIterator[ModelPart]) -> AsyncIterator[AsyncIterator[ModelPart]]:
    """Leaves the stream for certain; a generator would otherwise wait for the collector."""
    try:
        yield parts
    finally:
        if isinstance(parts, AsyncGenerator):
            await parts.aclose()
