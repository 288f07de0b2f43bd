"""A language model: a conversation in, a stream of text and tool calls out."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.ids import CallId
from domain.usage import Usage
from ports.tool import ToolSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A call the model asks for. `arguments` is None when what it wrote is no JSON object."""

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
    """The `data` of the KeptReasoning that came with this answer."""


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
    """None: the model that the adapter was configured with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasoningDelta:
    """What the model lets be seen of its reasoning; no part of the answer."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReasoning:
    """What the provider wants back with this answer, unchanged, while the task goes on.

    Only the adapter that wrote it can read it; any other leaves it out, so it is never wrong to
    give it back, nor to lose it.
    """

    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUsage:
    """Its cost is left out where the price is not known."""

    model: str
    usage: Usage
    cache_written_tokens: int = 0
    """Input tokens that were put into the provider's cache, at a price of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCut:
    """The answer reached the longest that it may be: it ends in the middle, as may its last call."""


ModelPart = TextDelta | ReasoningDelta | KeptReasoning | ToolCall | AnswerCut | ModelUsage


class LanguageModel(Protocol):
    @property
    def name(self) -> str:
        """What answers, as a person would name it: `openai:gpt-4o`, `scripted`."""

    def stream(self, request: ModelRequest) -> AsyncIterator[ModelPart]:
        """One answer, as it comes: text and reasoning in order, each tool call whole.

        At most one usage, one kept reasoning and one sign of a cut, all after the text.

        The stream ends when the answer is complete. One try: whoever calls decides to try again.
        Raises ModelUnavailable (overload, server's fault, cut or stalled stream) or ModelRefused.
        Leaving it early ends the request.
        """
