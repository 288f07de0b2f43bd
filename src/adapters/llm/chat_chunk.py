"""The parts of a Chat Completions chunk that are read; whatever else a server sends is ignored."""

import msgspec


class FunctionDelta(msgspec.Struct, frozen=True):
    name: str | None = None
    arguments: str | dict[str, object] | None = None
    """Text that is to be joined; some servers send the whole object instead."""


class ToolCallDelta(msgspec.Struct, frozen=True):
    index: int | None = None
    id: str | None = None
    function: FunctionDelta | None = None


class Delta(msgspec.Struct, frozen=True):
    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: object = None
    """The same under another name, which some servers use for other things."""
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
    """Raises msgspec.ValidationError for what is not shaped like a chunk."""
    return msgspec.convert(data, ChatChunk)
