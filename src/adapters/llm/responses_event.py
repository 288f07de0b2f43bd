"""The parts of the events of OpenAI's Responses that are read; whatever else is ignored."""

import msgspec


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
    """Whole, since reasoning is sent back as it came."""
    response: Response | None = None
    summary_index: int | None = None
    code: str | None = None
    message: str | None = None


def responses_event(data: object) -> ResponsesEvent:
    """Raises msgspec.ValidationError for what is not shaped like an event."""
    return msgspec.convert(data, ResponsesEvent)


def item_of(data: dict[str, object]) -> Item:
    return msgspec.convert(data, Item)
