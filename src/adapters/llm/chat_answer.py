"""Turns the chunks of one Chat Completions answer into the parts of an answer."""

from collections.abc import Iterator

from adapters.llm.chat_chunk import ChunkUsage, Delta, chat_chunk
from adapters.llm.kept_reasoning import kept
from adapters.llm.tool_call_joiner import ToolCallJoiner
from domain.errors import ModelRefused, ModelUnavailable
from domain.usage import Usage
from ports.language_model import (
    AnswerCut,
    AssistantMessage,
    ModelPart,
    ModelRequest,
    ModelUsage,
    ReasoningDelta,
    TextDelta,
)

CHAT_FORMAT = "chat"


class ChatAnswer:
    """Text goes through as it comes; calls and usage are given when the answer is complete."""

    def __init__(self, request: ModelRequest, *, model: str) -> None:
        self._model = model
        self._usage: ChunkUsage | None = None
        self._calls = ToolCallJoiner(first_number=calls_so_far(request) + 1)
        self._finish_reason: str | None = None
        self._reasoning_field = ""
        self._reasoning: list[str] = []
        self._has_begun = False

    @property
    def has_begun(self) -> bool:
        return self._has_begun

    def add(self, data: object) -> Iterator[ModelPart]:
        chunk = chat_chunk(data)
        self._model = chunk.model or self._model
        # Some servers count in every chunk; the last count is the whole.
        self._usage = chunk.usage or self._usage
        for choice in chunk.choices or ():
            self._finish_reason = choice.finish_reason or self._finish_reason
            if choice.delta is not None:
                yield from self._parts(choice.delta)

    def _parts(self, delta: Delta) -> Iterator[ModelPart]:
        field, reasoning = _reasoning(delta)
        if reasoning:
            self._has_begun = True
            self._reasoning_field = field
            self._reasoning.append(reasoning)
            yield ReasoningDelta(text=reasoning)
        if text := delta.content or delta.refusal:
            self._has_begun = True
            yield TextDelta(text=text)
        if delta.tool_calls:
            self._has_begun = True
            self._calls.add(delta.tool_calls)

    def end(self) -> Iterator[ModelPart]:
        """Raises ModelUnavailable if the stream was cut, ModelRefused if its text was withheld."""
        if self._finish_reason is None:
            raise ModelUnavailable("the model's answer was cut off before its end")
        if self._finish_reason == "content_filter":
            raise ModelRefused("the model's provider withheld the answer by its content filter")
        if self._reasoning:
            piece = {"field": self._reasoning_field, "text": "".join(self._reasoning)}
            yield kept([piece], format=CHAT_FORMAT)
        yield from self._calls.calls()
        if self._finish_reason == "length":
            yield AnswerCut()
        if usage := _usage(self._usage):
            yield ModelUsage(model=self._model, usage=usage)


def _reasoning(delta: Delta) -> tuple[str, str]:
    """Under which name it came, and what it says."""
    if delta.reasoning_content:
        return "reasoning_content", delta.reasoning_content
    return "reasoning", delta.reasoning if isinstance(delta.reasoning, str) else ""


def calls_so_far(request: ModelRequest) -> int:
    return sum(
        len(message.tool_calls)
        for message in request.messages
        if isinstance(message, AssistantMessage)
    )


def _usage(reported: ChunkUsage | None) -> Usage | None:
    """None unless both counts were given: half a figure would have to be made up."""
    if reported is None or reported.prompt_tokens is None or reported.completion_tokens is None:
        return None
    prompt, completion = reported.prompt_tokens_details, reported.completion_tokens_details
    return Usage(
        input_tokens=reported.prompt_tokens,
        output_tokens=reported.completion_tokens,
        total_tokens=reported.prompt_tokens + reported.completion_tokens,
        cached_input_tokens=prompt.cached_tokens if prompt else None,
        reasoning_tokens=completion.reasoning_tokens if completion else None,
    )
