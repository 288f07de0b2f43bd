"""Turns the events of one answer of Anthropic's Messages into the parts of an answer."""

from collections.abc import Iterator

from adapters.llm.chat_answer import calls_so_far
from adapters.llm.chat_chunk import FunctionDelta, ToolCallDelta
from adapters.llm.kept_reasoning import Place, kept
from adapters.llm.messages_event import Block, EventDelta, messages_event
from adapters.llm.messages_thinking import MESSAGES_FORMAT, MessagesThinking
from adapters.llm.messages_usage import MessagesCount
from adapters.llm.tool_call_joiner import ToolCallJoiner
from domain.errors import ModelRefused, ModelUnavailable
from ports.language_model import AnswerCut, ModelPart, ModelRequest, ReasoningDelta, TextDelta

_CUT = frozenset({"max_tokens", "model_context_window_exceeded"})


class MessagesAnswer:
    """Text and reasoning go through as they come; calls and usage are given at the end."""

    def __init__(self, request: ModelRequest, *, model: str) -> None:
        self._model = model
        self._calls = ToolCallJoiner(first_number=calls_so_far(request) + 1)
        self._thinking = MessagesThinking()
        self._count = MessagesCount()
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
            yield from self._go_on(event.index, event.delta)

    def end(self) -> Iterator[ModelPart]:
        """Raises ModelUnavailable if the stream was cut, ModelRefused if its text was withheld."""
        if self._stop_reason is None:
            raise ModelUnavailable("the model's answer was cut off before its end")
        if self._stop_reason == "refusal":
            raise ModelRefused("the model's provider withheld the answer by its content filter")
        if blocks := self._thinking.blocks():
            pieces, places = zip(*blocks, strict=True)
            yield kept(pieces, format=MESSAGES_FORMAT, places=places)
        yield from self._calls.calls()
        if self._stop_reason in _CUT:
            yield AnswerCut()
        if usage := self._count.usage(self._model):
            yield usage

    def _begin(self, index: int, block: Block) -> Iterator[ModelPart]:
        match block.type:
            case "tool_use":
                # Empty here as a rule, and then written piece by piece.
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

    def _go_on(self, index: int, delta: EventDelta) -> Iterator[ModelPart]:
        yield from self._text(delta.text)
        if delta.thinking or delta.signature:
            self._thinking.go_on(index, delta)
        if delta.thinking:
            yield ReasoningDelta(text=delta.thinking)
        if delta.partial_json:
            function = FunctionDelta(arguments=delta.partial_json)
            self._calls.add([ToolCallDelta(index=index, function=function)])

    def _text(self, text: str | None) -> Iterator[ModelPart]:
        if text:
            self._text_chars += len(text)
            yield TextDelta(text=text)
