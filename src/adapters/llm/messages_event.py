"""The parts of the events of Anthropic's Messages that are read; whatever else is ignored."""

import msgspec


class OutputDetails(msgspec.Struct, frozen=True):
    thinking_tokens: int | None = None


class MessagesUsage(msgspec.Struct, frozen=True):
    """Input that was read from the cache or put into it is counted apart from the rest."""

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
    """Reasoning that may not be seen."""
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
    """Raises msgspec.ValidationError for what is not shaped like an event."""
    return msgspec.convert(data, MessagesEvent)
