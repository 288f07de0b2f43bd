"""Adds up what Anthropic's Messages tell of an answer's tokens."""

from adapters.llm.messages_event import MessagesUsage
from domain.usage import Usage
from ports.language_model import ModelUsage


class MessagesCount:
    """ToolOutcome at the start and again at the end; what is told last is the whole."""

    def __init__(self) -> None:
        self._input: int | None = None
        self._output: int | None = None
        self._cache_read: int | None = None
        self._cache_written = 0
        self._reasoning: int | None = None

    def add(self, told: MessagesUsage | None) -> None:
        if told is None:
            return
        self._input = _last(told.input_tokens, self._input)
        self._output = _last(told.output_tokens, self._output)
        self._cache_read = _last(told.cache_read_input_tokens, self._cache_read)
        self._cache_written = told.cache_creation_input_tokens or self._cache_written
        if told.output_tokens_details:
            details = told.output_tokens_details
            self._reasoning = _last(details.thinking_tokens, self._reasoning)

    def usage(self, model: str) -> ModelUsage | None:
        """None unless both counts were given: half a figure would have to be made up."""
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


def _last(told: int | None, before: int | None) -> int | None:
    return before if told is None else told
