"""The messages of Claude Code: whole, in pieces before that, and those of its subagents."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from adapters.cli_agents.claude_usage import cache_written, call_usage, later_usage
from adapters.cli_agents.drift_report import Read, Unfamiliar
from adapters.cli_agents.iterations import Iterations
from adapters.cli_agents.json_line import JsonObject
from adapters.cli_agents.token_count import TokenCount
from domain.task_events import Error
from domain.thinking_events import MessageDelta, ThinkDelta

_SYNTHETIC = "<synthetic>"  # the agent's own words in the place of a model's


@dataclass(slots=True, kw_only=True)
class HeardMessage:
    """One message of a model, which comes in a line for each block of its content."""

    message_id: str
    model: str
    parent: str | None
    usage: JsonObject = field(default_factory=dict)
    texts_begun: int = 0
    texts_whole: int = 0

    def text_id(self, index: int) -> str:
        """The first text has the message's own id; another one of the same message its own."""
        return f"{self.message_id}.{index}" if index > 0 else self.message_id


class ClaudeMessages:
    def __init__(self, *, iterations: Iterations, tokens: TokenCount) -> None:
        self._iterations = iterations
        self._tokens = tokens
        self._heard: dict[str | None, HeardMessage] = {}

    def of(self, parent: str | None) -> HeardMessage | None:
        """What is being said in the conversation itself, or by a subagent."""
        return self._heard.get(parent)

    def whole(
        self, message_id: str, message: Mapping[str, object], parent: str | None
    ) -> Iterator[Read]:
        """One of the lines of a message; its usage stands in each and counts once."""
        known = self._heard.get(parent)
        if known and known.message_id == message_id:
            return
        yield from self._begin(message_id, message, parent)
        heard = self._heard[parent]
        yield from self._count(heard.model, heard.usage)

    def piece(self, event: object) -> Iterator[Read]:
        match event:
            case {"type": "message_start", "message": {"id": str(id_)} as message}:
                yield from self._begin(id_, message, None)
            case {"type": "ping" | "content_block_stop"}:
                return
            case {"type": "error", "error": {"message": str(told)}}:
                yield Error(message=told, phase="model", recoverable=True)
            case {"type": str(kind)} if heard := self._heard.get(None):
                yield from self._piece_of(heard, event, kind)
            case {"type": str(kind)}:
                yield Unfamiliar(f"stream_event {kind} of no message")
            case _:
                yield Unfamiliar("stream_event without a type")

    def _begin(
        self, message_id: str, message: Mapping[str, object], parent: str | None
    ) -> Iterator[Read]:
        model, usage = message.get("model"), message.get("usage")
        self._heard[parent] = HeardMessage(
            message_id=message_id,
            model=model if isinstance(model, str) else "unknown",
            parent=parent,
            usage=usage if isinstance(usage, dict) else {},
        )
        if parent is None and model != _SYNTHETIC:
            yield from self._iterations.begin()

    def _piece_of(self, heard: HeardMessage, event: object, kind: str) -> Iterator[Read]:
        match event:
            case {"type": "content_block_start", "content_block": {"type": str(block)}}:
                heard.texts_begun += block == "text"
            case {"type": "content_block_delta", "delta": {"type": str()} as delta}:
                yield from self._delta(heard, delta)
            case {"type": "message_delta"}:
                heard.usage = later_usage(heard.usage, event)
            case {"type": "message_stop"}:
                used, heard.usage = heard.usage, {}
                yield from self._count(heard.model, used)
            case _:
                yield Unfamiliar(f"stream_event {kind}")

    def _delta(self, heard: HeardMessage, delta: JsonObject) -> Iterator[Read]:
        match delta:
            case {"type": "text_delta", "text": str(text)}:
                yield MessageDelta(message_id=heard.text_id(heard.texts_begun - 1), text=text)
            case {"type": "thinking_delta", "thinking": str(text)}:
                yield ThinkDelta(iteration=self._iterations.current, text=text)
            case {"type": "input_json_delta" | "signature_delta" | "citations_delta"}:
                return
            case _:
                yield Unfamiliar(f"delta {delta['type']}")

    def _count(self, model: str, used: JsonObject) -> Iterator[Read]:
        yield from self._tokens.add(
            model, call_usage(used), cache_written_tokens=cache_written(used)
        )
