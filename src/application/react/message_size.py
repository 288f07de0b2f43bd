"""How much of a model's window messages and tools take, by an estimate."""

from collections.abc import Sequence

from ports.language_model import AssistantMessage, ModelMessage
from ports.tool import ToolSpec

BYTES_PER_TOKEN = 4  # on the safe side for English and code, and near for other scripts in UTF-8
_ENVELOPE = 16  # what says whose message it is, and where it ends


def size_of(message: ModelMessage) -> int:
    """In bytes."""
    size = _ENVELOPE + text_size(message.content)
    if isinstance(message, AssistantMessage):
        size += sum(text_size(call.raw_arguments) for call in message.tool_calls)
        size += text_size(message.kept_reasoning or "")
    return size


def size_of_tools(tools: Sequence[ToolSpec]) -> int:
    return sum(text_size(f"{tool.name}{tool.description}{tool.parameters}") for tool in tools)


def text_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="replace"))
