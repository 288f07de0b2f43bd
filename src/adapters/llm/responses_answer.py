"""Turns the events of one answer of OpenAI's Responses into the parts of an answer."""

from collections.abc import Iterator

from adapters.llm.chat_answer import calls_so_far
from adapters.llm.chat_chunk import FunctionDelta, ToolCallDelta
from adapters.llm.kept_reasoning import Json, Place, kept
from adapters.llm.responses_event import (
    Fault,
    Response,
    ResponsesEvent,
    ResponseUsage,
    item_of,
    responses_event,
)
from adapters.llm.tool_call_joiner import MAX_ARGUMENT_CHARS, ToolCallJoiner, endless_arguments
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
_OF_THE_SERVER = frozenset({None, "server_error", "rate_limit_exceeded", "vector_store_timeout"})


class ResponsesAnswer:
    """Text and reasoning go through as they come; calls and usage are given at the end."""

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
                text = self._piece(event)
                self._text_chars += len(text)
                yield TextDelta(text=text)
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                yield ReasoningDelta(text=self._piece(event))
            case "response.reasoning_summary_part.added" if event.summary_index:
                yield ReasoningDelta(text="\n\n")
            case "response.function_call_arguments.delta":
                self._argument_chars += len(self._piece(event))
                if self._argument_chars > MAX_ARGUMENT_CHARS:
                    raise endless_arguments()
            case "response.output_item.done":
                self._add_item(event.item or {})
            case "response.completed" | "response.incomplete":
                self._response = event.response or Response()
            case "response.failed":
                raise _failure((event.response and event.response.error) or Fault())
            case "error":
                raise _failure(Fault(code=event.code, message=event.message))
            case _:  # whatever else a server tells, now or later
                return

    def end(self) -> Iterator[ModelPart]:
        """Raises ModelUnavailable if the stream was cut, ModelRefused if its text was withheld."""
        if self._response is None:
            raise ModelUnavailable("the model's answer was cut off before its end")
        details = self._response.incomplete_details
        if details and details.reason == "content_filter":
            raise ModelRefused("the model's provider withheld the answer by its content filter")
        if self._reasoning:
            yield kept(self._reasoning, format=RESPONSES_FORMAT, places=self._places)
        yield from self._calls.calls()
        if details and details.reason == "max_output_tokens":
            yield AnswerCut()
        if usage := _usage(self._response.usage):
            yield ModelUsage(model=self._response.model or self._model, usage=usage)

    def _piece(self, event: ResponsesEvent) -> str:
        self._has_begun = True
        return event.delta if isinstance(event.delta, str) else ""

    def _add_item(self, data: Json) -> None:
        item = item_of(data)
        if item.type == "function_call":
            self._call_count += 1
            function = FunctionDelta(name=item.name, arguments=item.arguments)
            self._calls.add_whole(ToolCallDelta(id=item.call_id, function=function))
        # Without its encrypted content the server does not know its own reasoning again.
        if item.type == "reasoning" and data.get("encrypted_content"):
            self._reasoning.append({key: data[key] for key in _SENT_BACK if key in data})
            self._places.append(Place(chars=self._text_chars, calls=self._call_count))


_SENT_BACK = ("type", "id", "summary", "encrypted_content")


def _failure(fault: Fault) -> ModelError:
    message = f"the model server reported an error: {fault.message or 'no reason given'}"
    if fault.code in _OF_THE_SERVER:
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
