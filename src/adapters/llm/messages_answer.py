"""Parses the events of one answer of Anthropic's Messages; unknown fields are ignored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from adapters.llm.kept_reasoning import Json, Place, stored_reasoning
from adapters.llm.tool_call_joiner import (
    FunctionDelta,
    ToolCallDelta,
    ToolCallJoiner,
    calls_so_far,
)
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

MESSAGES_FORMAT = "messages"
_CUT = frozenset({"max_tokens", "model_context_window_exceeded"})


class OutputDetails(msgspec.Struct, frozen=True):
    thinking_tokens: int | None = None


class MessagesUsage(msgspec.Struct, frozen=True):
    """`input_tokens` exclude those that were read from or written to the cache."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    output_tokens_details: OutputDetails | None = None


class MessageHead(msgspec.Struct, frozen=True):
    model: str | None = None
    usage: MessagesUsage | None = None


class Block(msgspec.Struct, frozen=True):
    type: str = ""
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    """Encrypted reasoning."""
    id: str | None = None
    name: str | None = None
    input: dict[str, object] | None = None


class EventDelta(msgspec.Struct, frozen=True):
    type: str = ""
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    partial_json: str | None = None
    stop_reason: str | None = None


class MessagesEvent(msgspec.Struct, frozen=True):
    type: str
    index: int = 0
    message: MessageHead | None = None
    content_block: Block | None = None
    delta: EventDelta | None = None
    usage: MessagesUsage | None = None


def messages_event(data: object) -> MessagesEvent:
    """Raises msgspec.ValidationError for anything but an event."""
    return msgspec.convert(data, MessagesEvent)


class UsageJoiner:
    """Usage is reported at the start and at the end of an answer; later values are totals."""

    def __init__(self) -> None:
        self._input: int | None = None
        self._output: int | None = None
        self._cache_read: int | None = None
        self._cache_written = 0
        self._reasoning: int | None = None

    def add(self, reported: MessagesUsage | None) -> None:
        if reported is None:
            return
        self._input = _last(reported.input_tokens, self._input)
        self._output = _last(reported.output_tokens, self._output)
        self._cache_read = _last(reported.cache_read_input_tokens, self._cache_read)
        self._cache_written = reported.cache_creation_input_tokens or self._cache_written
        if reported.output_tokens_details:
            details = reported.output_tokens_details
            self._reasoning = _last(details.thinking_tokens, self._reasoning)

    def usage(self, model: str) -> ModelUsage | None:
        """None unless both counts were reported."""
        if self._input is None or self._output is None:
            return None
        read = self._input + (self._cache_read or 0) + self._cache_written
        usage = Usage(
            input_tokens=read,
            output_tokens=self._output,
            total_tokens=read + self._output,
            cached_input_tokens=self._cache_read,
            reasoning_tokens=self._reasoning,
        )
        return ModelUsage(model=model, usage=usage, cache_written_tokens=self._cache_written)


def _last(reported: int | None, before: int | None) -> int | None:
    return before if reported is None else reported


@dataclass(slots=True)
class _Thought:
    data: str | None
    place: Place
    text: list[str] = field(default_factory=list)
    signature: list[str] = field(default_factory=list)


class ThinkingJoiner:
    def __init__(self) -> None:
        self._thoughts: dict[int, _Thought] = {}

    def begin(self, index: int, block: Block, *, place: Place) -> None:
        data = block.data or "" if block.type == "redacted_thinking" else None
        thought = self._thoughts[index] = _Thought(data=data, place=place)
        thought.text.append(block.thinking or "")
        thought.signature.append(block.signature or "")

    def append(self, index: int, delta: EventDelta) -> None:
        if thought := self._thoughts.get(index):
            thought.text.append(delta.thinking or "")
            thought.signature.append(delta.signature or "")

    def blocks(self) -> Sequence[tuple[Json, Place]]:
        """Only signed or encrypted reasoning: the provider refuses any other."""
        return [
            (block, thought.place)
            for thought in self._thoughts.values()
            if (block := _block(thought)) is not None
        ]


def _block(thought: _Thought) -> Json | None:
    if thought.data is not None:
        return {"type": "redacted_thinking", "data": thought.data}
    if signature := "".join(thought.signature):
        return {"type": "thinking", "thinking": "".join(thought.text), "signature": signature}
    return None


class MessagesAnswer:
    """Text and reasoning are passed on as they arrive; calls and usage follow at the end."""

    def __init__(self, request: ModelRequest, *, model: str) -> None:
        self._model = model
        self._calls = ToolCallJoiner(first_number=calls_so_far(request) + 1)
        self._thinking = ThinkingJoiner()
        self._count = UsageJoiner()
        self._stop_reason: str | None = None
        self._has_begun = False
        self._text_chars = 0
        self._call_count = 0

    @property
    def has_begun(self) -> bool:
        return self._has_begun

    def add(self, data: object) -> Iterator[ModelPart]:
        event = messages_event(data)
        self._count.add(event.usage)
        if event.message:
            self._model = event.message.model or self._model
            self._count.add(event.message.usage)
        if event.content_block:
            self._has_begun = True
            yield from self._begin(event.index, event.content_block)
        if event.delta:
            self._stop_reason = event.delta.stop_reason or self._stop_reason
            yield from self._continue(event.index, event.delta)

    def end(self) -> Iterator[ModelPart]:
        """Raises ModelUnavailable if the stream was cut, ModelRefused if its text was withheld."""
        if self._stop_reason is None:
            raise ModelUnavailable("the model's answer was cut off before its end")
        if self._stop_reason == "refusal":
            raise ModelRefused("the model's provider withheld the answer by its content filter")
        if blocks := self._thinking.blocks():
            pieces, places = zip(*blocks, strict=True)
            yield stored_reasoning(pieces, format=MESSAGES_FORMAT, places=places)
        yield from self._calls.calls()
        if self._stop_reason in _CUT:
            yield AnswerCut()
        if usage := self._count.usage(self._model):
            yield usage

    def _begin(self, index: int, block: Block) -> Iterator[ModelPart]:
        match block.type:
            case "tool_use":
                # Usually empty here, and streamed afterwards.
                self._call_count += 1
                function = FunctionDelta(name=block.name, arguments=block.input or None)
                self._calls.add([ToolCallDelta(index=index, id=block.id, function=function)])
            case "thinking" | "redacted_thinking":
                place = Place(chars=self._text_chars, calls=self._call_count)
                self._thinking.begin(index, block, place=place)
                if block.thinking:
                    yield ReasoningDelta(text=block.thinking)
            case _:
                yield from self._text(block.text)

    def _continue(self, index: int, delta: EventDelta) -> Iterator[ModelPart]:
        yield from self._text(delta.text)
        if delta.thinking or delta.signature:
            self._thinking.append(index, delta)
        if delta.thinking:
            yield ReasoningDelta(text=delta.thinking)
        if delta.partial_json:
            function = FunctionDelta(arguments=delta.partial_json)
            self._calls.add([ToolCallDelta(index=index, function=function)])

    def _text(self, text: str | None) -> Iterator[ModelPart]:
        if text:
            self._text_chars += len(text)
            yield TextDelta(text=text)
