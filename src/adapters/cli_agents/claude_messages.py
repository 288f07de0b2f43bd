"""The model messages of Claude Code and its subagents, streamed and complete, and their usage."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from adapters.cli_agents.json_lines_parser import JsonObject
from adapters.cli_agents.model_turns import Iterations
from adapters.cli_agents.token_counter import TokenCounter, added, usage
from adapters.system.schema_drift import Read, UnknownShape
from domain.task_events import Error
from domain.thinking_events import MessageDelta, ThinkDelta
from domain.usage import Usage

_SYNTHETIC = "<synthetic>"  # the agent's own text in place of a model's


def call_usage(reported: Mapping[str, object], cost_usd: object = None) -> Usage:
    """Its input tokens exclude cached ones; ours include them."""
    cached = reported.get("cache_read_input_tokens")
    written = reported.get("cache_creation_input_tokens")
    return usage(
        input_tokens=added(reported.get("input_tokens"), cached, written),
        output_tokens=reported.get("output_tokens"),
        cached=cached,
        cost_usd=cost_usd,
    )


def cache_written(reported: Mapping[str, object]) -> int:
    """The input tokens that were written to the cache, which cost more."""
    return added(reported.get("cache_creation_input_tokens"))


def later_usage(known: JsonObject, event: object) -> JsonObject:
    """The usage at the end of a message includes that of its start, or leaves it out."""
    match event:
        case {"usage": dict(reported)}:
            names = known.keys() | reported.keys()
            return {name: max(added(known.get(name)), added(reported.get(name))) for name in names}
        case _:
            return known


def usage_by_model(result: JsonObject, *, model: str) -> dict[str, Usage]:
    """The totals of a result line; without a split by model they count for `model`."""
    totals: dict[str, Usage] = {}
    split = result.get("modelUsage")
    for name, sums in split.items() if isinstance(split, dict) else ():
        if isinstance(sums, dict):
            plain = model_name(name)
            totals[plain] = totals.get(plain, Usage()).plus(_model_usage(sums))
    whole = result.get("usage")
    if not totals and isinstance(whole, dict):
        totals[model] = call_usage(whole, result.get("total_cost_usd"))
    return totals


def model_name(name: str) -> str:
    """Totals are named with the size of the context: `claude-opus-4-8[1m]`."""
    return name.partition("[")[0]


def _model_usage(sums: JsonObject) -> Usage:
    cached, written = sums.get("cacheReadInputTokens"), sums.get("cacheCreationInputTokens")
    return usage(
        input_tokens=added(sums.get("inputTokens"), cached, written),
        output_tokens=sums.get("outputTokens"),
        cached=cached,
        cost_usd=sums.get("costUSD"),
    )


@dataclass(slots=True, kw_only=True)
class ModelMessage:
    """One message of a model; it takes one line for each block of its content."""

    message_id: str
    model: str
    parent: str | None
    usage: JsonObject = field(default_factory=dict)
    texts_started: int = 0
    texts_complete: int = 0

    def text_id(self, index: int) -> str:
        """The first text of a message has the id of the message, later ones a suffix."""
        return f"{self.message_id}.{index}" if index > 0 else self.message_id


class ClaudeMessages:
    def __init__(self, *, iterations: Iterations, tokens: TokenCounter) -> None:
        self._iterations = iterations
        self._tokens = tokens
        self._current: dict[str | None, ModelMessage] = {}

    def current(self, parent: str | None) -> ModelMessage | None:
        """The latest message of the subagent of the call `parent`, or of the agent itself."""
        return self._current.get(parent)

    def assistant_line(
        self, message_id: str, message: Mapping[str, object], parent: str | None
    ) -> Iterator[Read]:
        """One line of a message; its usage is repeated in each and counted once."""
        known = self._current.get(parent)
        if known and known.message_id == message_id:
            return
        yield from self._begin(message_id, message, parent)
        current = self._current[parent]
        yield from self._count(current.model, current.usage)

    def stream_event(self, event: object) -> Iterator[Read]:
        match event:
            case {"type": "message_start", "message": {"id": str(id_)} as message}:
                yield from self._begin(id_, message, None)
            case {"type": "ping" | "content_block_stop"}:
                return
            case {"type": "error", "error": {"message": str(text)}}:
                yield Error(message=text, phase="model", recoverable=True)
            case {"type": str(kind)} if current := self._current.get(None):
                yield from self._stream_event_of(current, event, kind)
            case {"type": str(kind)}:
                yield UnknownShape(f"stream_event {kind} of no message")
            case _:
                yield UnknownShape("stream_event without a type")

    def _begin(
        self, message_id: str, message: Mapping[str, object], parent: str | None
    ) -> Iterator[Read]:
        model, usage = message.get("model"), message.get("usage")
        self._current[parent] = ModelMessage(
            message_id=message_id,
            model=model if isinstance(model, str) else "unknown",
            parent=parent,
            usage=usage if isinstance(usage, dict) else {},
        )
        if parent is None and model != _SYNTHETIC:
            yield from self._iterations.begin()

    def _stream_event_of(self, current: ModelMessage, event: object, kind: str) -> Iterator[Read]:
        match event:
            case {"type": "content_block_start", "content_block": {"type": str(block)}}:
                current.texts_started += block == "text"
            case {"type": "content_block_delta", "delta": {"type": str()} as delta}:
                yield from self._delta(current, delta)
            case {"type": "message_delta"}:
                current.usage = later_usage(current.usage, event)
            case {"type": "message_stop"}:
                used, current.usage = current.usage, {}
                yield from self._count(current.model, used)
            case _:
                yield UnknownShape(f"stream_event {kind}")

    def _delta(self, current: ModelMessage, delta: JsonObject) -> Iterator[Read]:
        match delta:
            case {"type": "text_delta", "text": str(text)}:
                yield MessageDelta(
                    message_id=current.text_id(current.texts_started - 1), text=text
                )
            case {"type": "thinking_delta", "thinking": str(text)}:
                yield ThinkDelta(iteration=self._iterations.current, text=text)
            case {"type": "input_json_delta" | "signature_delta" | "citations_delta"}:
                return
            case _:
                yield UnknownShape(f"delta {delta['type']}")

    def _count(self, model: str, used: JsonObject) -> Iterator[Read]:
        yield from self._tokens.add(
            model, call_usage(used), cache_written_tokens=cache_written(used)
        )
