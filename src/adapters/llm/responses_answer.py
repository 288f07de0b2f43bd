"""Parses the events of one answer of OpenAI's Responses; unknown fields are ignored."""

from collections.abc import Iterator

import msgspec

from adapters.llm.kept_reasoning import Json, Place, stored_reasoning
from adapters.llm.tool_call_joiner import (
    MAX_ARGUMENT_CHARS,
    FunctionDelta,
    ToolCallDelta,
    ToolCallJoiner,
    arguments_too_long,
    calls_so_far,
)
from domain.errors import ModelError, ModelRefused, ModelUnavailable
from domain.usage import Usage
from ports.language_model import (
    AnswerCut,
    ModelPart,
    ModelRequest,
    ModelUsage,
    ReasoningDelta,
    TextDelta,
)

RESPONSES_FORMAT = "responses"
_SERVER_FAULTS = frozenset({None, "server_error", "rate_limit_exceeded", "vector_store_timeout"})


class Item(msgspec.Struct, frozen=True):
    type: str = ""
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None


class InputDetails(msgspec.Struct, frozen=True):
    cached_tokens: int | None = None


class OutputDetails(msgspec.Struct, frozen=True):
    reasoning_tokens: int | None = None


class ResponseUsage(msgspec.Struct, frozen=True):
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: InputDetails | None = None
    output_tokens_details: OutputDetails | None = None


class Fault(msgspec.Struct, frozen=True):
    code: str | None = None
    message: str | None = None


class IncompleteDetails(msgspec.Struct, frozen=True):
    reason: str | None = None


class Response(msgspec.Struct, frozen=True):
    model: str | None = None
    usage: ResponseUsage | None = None
    error: Fault | None = None
    incomplete_details: IncompleteDetails | None = None


class ResponsesEvent(msgspec.Struct, frozen=True):
    type: str
    delta: str | dict[str, object] | None = None
    item: dict[str, object] | None = None
    """Unparsed, since reasoning is sent back as it is."""
    response: Response | None = None
    summary_index: int | None = None
    code: str | None = None
    message: str | None = None


def responses_event(data: object) -> ResponsesEvent:
    """Raises msgspec.ValidationError for anything but an event."""
    return msgspec.convert(data, ResponsesEvent)


def item_of(data: dict[str, object]) -> Item:
    return msgspec.convert(data, Item)


class ResponsesAnswer:
    """Text and reasoning are passed on as they arrive; calls and usage follow at the end."""

    def __init__(self, request: ModelRequest, *, model: str) -> None:
        self._model = model
        self._calls = ToolCallJoiner(first_number=calls_so_far(request) + 1)
        self._argument_chars = 0
        self._reasoning: list[Json] = []
        self._places: list[Place] = []
        self._text_chars = 0
        self._call_count = 0
        self._response: Response | None = None
        self._has_begun = False

    @property
    def has_begun(self) -> bool:
        return self._has_begun

    def add(self, data: object) -> Iterator[ModelPart]:
        event = responses_event(data)
        match event.type:
            case "response.output_text.delta" | "response.refusal.delta":
                text = self._delta(event)
                self._text_chars += len(text)
                yield TextDelta(text=text)
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                yield ReasoningDelta(text=self._delta(event))
            case "response.reasoning_summary_part.added" if event.summary_index:
                yield ReasoningDelta(text="\n\n")
            case "response.function_call_arguments.delta":
                self._argument_chars += len(self._delta(event))
                if self._argument_chars > MAX_ARGUMENT_CHARS:
                    raise arguments_too_long()
            case "response.output_item.done":
                self._add_item(event.item or {})
            case "response.completed" | "response.incomplete":
                self._response = event.response or Response()
            case "response.failed":
                raise _failure((event.response and event.response.error) or Fault())
            case "error":
                raise _failure(Fault(code=event.code, message=event.message))
            case _:  # other events, known or not
                return

    def end(self) -> Iterator[ModelPart]:
        """Raises ModelUnavailable if the stream was cut, ModelRefused if its text was withheld."""
        if self._response is None:
            raise ModelUnavailable("the model's answer was cut off before its end")
        details = self._response.incomplete_details
        if details and details.reason == "content_filter":
            raise ModelRefused("the model's provider withheld the answer by its content filter")
        if self._reasoning:
            yield stored_reasoning(self._reasoning, format=RESPONSES_FORMAT, places=self._places)
        yield from self._calls.calls()
        if details and details.reason == "max_output_tokens":
            yield AnswerCut()
        if usage := _usage(self._response.usage):
            yield ModelUsage(model=self._response.model or self._model, usage=usage)

    def _delta(self, event: ResponsesEvent) -> str:
        self._has_begun = True
        return event.delta if isinstance(event.delta, str) else ""

    def _add_item(self, data: Json) -> None:
        item = item_of(data)
        if item.type == "function_call":
            self._call_count += 1
            function = FunctionDelta(name=item.name, arguments=item.arguments)
            self._calls.add_whole(ToolCallDelta(id=item.call_id, function=function))
        # Without encrypted content the server cannot restore its reasoning.
        if item.type == "reasoning" and data.get("encrypted_content"):
            self._reasoning.append({key: data[key] for key in _SENT_BACK if key in data})
            self._places.append(Place(chars=self._text_chars, calls=self._call_count))


_SENT_BACK = ("type", "id", "summary", "encrypted_content")


def _failure(fault: Fault) -> ModelError:
    message = f"the model server reported an error: {fault.message or 'no reason given'}"
    if fault.code in _SERVER_FAULTS:
        return ModelUnavailable(message)
    return ModelRefused(message)


def _usage(reported: ResponseUsage | None) -> Usage | None:
    if reported is None or reported.input_tokens is None or reported.output_tokens is None:
        return None
    given, made = reported.input_tokens_details, reported.output_tokens_details
    return Usage(
        input_tokens=reported.input_tokens,
        output_tokens=reported.output_tokens,
        total_tokens=reported.input_tokens + reported.output_tokens,
        cached_input_tokens=given.cached_tokens if given else None,
        reasoning_tokens=made.reasoning_tokens if made else None,
    )
