"""A language model: a conversation in, a stream of text and tool calls out."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.ids import CallId
from domain.usage import Usage
from ports.tool import ToolSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A call that the model requests. `arguments` is None if its text is no JSON object."""

    call_id: CallId
    tool_name: str
    arguments: Mapping[str, object] | None
    raw_arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemMessage:
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserMessage:
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistantMessage:
    content: str
    tool_calls: Sequence[ToolCall] = ()
    kept_reasoning: str | None = None
    """The `data` of the `KeptReasoning` of this answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolMessage:
    call_id: CallId
    content: str


ModelMessage = SystemMessage | UserMessage | AssistantMessage | ToolMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    messages: Sequence[ModelMessage]
    tools: Sequence[ToolSpec]
    model: str | None = None
    """None: the model of the adapter's configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasoningDelta:
    """Visible reasoning; no part of the answer."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReasoning:
    """Opaque reasoning that the provider requires back with this answer during the task.

    Only the adapter that wrote it can read it; others ignore it. So it is safe to send it to any
    adapter, and to lose it.
    """

    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUsage:
    """Without a cost if the price is unknown."""

    model: str
    usage: Usage
    cache_written_tokens: int = 0
    """Input tokens written to the provider's cache, which have their own price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCut:
    """The answer reached its maximum length: text and the last call may be incomplete."""


ModelPart = TextDelta | ReasoningDelta | KeptReasoning | ToolCall | AnswerCut | ModelUsage


class LanguageModel(Protocol):
    @property
    def name(self) -> str:
        """Provider and model for people: `openai:gpt-4o`, `scripted`."""

    def stream(self, request: ModelRequest) -> AsyncIterator[ModelPart]:
        """One answer: text and reasoning streamed in order, each tool call complete.

        At most one `ModelUsage`, `KeptReasoning` and `AnswerCut`, all after the text. The stream
        ends when the answer is complete; closing it early ends the request. Not retried here.
        Raises ModelUnavailable (overload, server fault, cut or stalled stream) or ModelRefused.
        """
