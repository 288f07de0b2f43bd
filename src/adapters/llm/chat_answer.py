"""Parses the chunks of one Chat Completions answer; unknown fields are ignored."""

from collections.abc import Iterator

import msgspec

from adapters.llm.kept_reasoning import stored_reasoning
from adapters.llm.tool_call_joiner import ToolCallDelta, ToolCallJoiner, calls_so_far
from domain.errors import ModelRefused, ModelUnavailable
from domain.usage import Usage
from ports.language_model import (
    AnswerCut,
    ModelPart,
    ModelRequest,
    ModelUsage,
    ReasoningDelta,
    TextDelta,
)

CHAT_FORMAT = "chat"


class Delta(msgspec.Struct, frozen=True):
    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: object = None
    """Another name for it, which some servers use for other values."""
    tool_calls: list[ToolCallDelta] | None = None


class Choice(msgspec.Struct, frozen=True):
    delta: Delta | None = None
    finish_reason: str | None = None


class PromptDetails(msgspec.Struct, frozen=True):
    cached_tokens: int | None = None


class CompletionDetails(msgspec.Struct, frozen=True):
    reasoning_tokens: int | None = None


class ChunkUsage(msgspec.Struct, frozen=True):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: PromptDetails | None = None
    completion_tokens_details: CompletionDetails | None = None


class ChatChunk(msgspec.Struct, frozen=True):
    model: str | None = None
    choices: list[Choice] | None = None
    usage: ChunkUsage | None = None


def chat_chunk(data: object) -> ChatChunk:
    """Raises msgspec.ValidationError for anything but a chunk."""
    return msgspec.convert(data, ChatChunk)


class ChatAnswer:
    """Text is passed on as it arrives; calls and usage follow at the end."""

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
        # Some servers report usage in every chunk; the last one is the total.
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
            yield stored_reasoning([piece], format=CHAT_FORMAT)
        yield from self._calls.calls()
        if self._finish_reason == "length":
            yield AnswerCut()
        if usage := _usage(self._usage):
            yield ModelUsage(model=self._model, usage=usage)


def _reasoning(delta: Delta) -> tuple[str, str]:
    """The name of the field it came in, and its text."""
    if delta.reasoning_content:
        return "reasoning_content", delta.reasoning_content
    return "reasoning", delta.reasoning if isinstance(delta.reasoning, str) else ""


def _usage(reported: ChunkUsage | None) -> Usage | None:
    """None unless both counts were reported."""
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
