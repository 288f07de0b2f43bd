"""Understands Claude Code's `stream-json`."""

from collections.abc import Iterator, Sequence

from adapters.cli_agents.claude_content import ClaudeContent
from adapters.cli_agents.claude_messages import ClaudeMessages
from adapters.cli_agents.claude_result import claude_outcome
from adapters.cli_agents.claude_system import rate_limit_events, system_events
from adapters.cli_agents.claude_usage import model_name, usage_by_model
from adapters.cli_agents.drift_report import DriftReport, Read, Unfamiliar
from adapters.cli_agents.iterations import Iterations
from adapters.cli_agents.json_line import JsonObject, json_object
from adapters.cli_agents.readable_error import readable_error
from adapters.cli_agents.result_text import result_text
from adapters.cli_agents.token_count import TokenCount
from adapters.cli_agents.tool_calls import ToolCalls
from domain.agent_thread import AgentThread, thread_name
from domain.events import AgentEvent
from domain.task_events import Error
from ports.clock import Clock
from ports.price_list import PriceList
from ports.runner import Outcome

SOURCE = "claude-code"

_SAY_NOTHING = frozenset(
    {
        "keep_alive",
        "control_request",
        "control_response",
        "control_cancel_request",
        "tool_progress",
        "tool_use_summary",
        "auth_status",
    }
)


class ClaudeCodeParser:
    def __init__(self, clock: Clock, *, prices: PriceList | None = None) -> None:
        self._drift = DriftReport(SOURCE)
        self._calls = ToolCalls(clock)
        self._iterations = Iterations()
        self._tokens = TokenCount(prices)
        self._messages = ClaudeMessages(iterations=self._iterations, tokens=self._tokens)
        self._content = ClaudeContent(calls=self._calls, iterations=self._iterations)
        self._outcome: Outcome | None = None
        self._thread: str | None = None
        self._model = "unknown"
        self._model_failed = False

    def parse(self, line: str) -> Sequence[AgentEvent] | None:
        said = json_object(line)
        if said is None:
            return None
        return self._drift.events(line, self._read(said))

    def end(self) -> Sequence[AgentEvent]:
        return self._calls.end()

    @property
    def outcome(self) -> Outcome | None:
        return self._outcome

    @property
    def thread(self) -> AgentThread | None:
        return AgentThread(id=self._thread) if self._thread else None

    def _read(self, said: JsonObject) -> Iterator[Read]:
        match said.get("type"):
            case "system":
                yield from self._system(said)
            case "stream_event":
                # A sub-agent's message is emitted when it is whole.
                if said.get("parent_tool_use_id") is None:
                    yield from self._messages.piece(said.get("event"))
            case "assistant":
                yield from self._assistant(said)
            case "user":
                yield from self._user(said)
            case "result":
                yield from self._result(said)
            case "rate_limit_event":
                yield from rate_limit_events(said)
            case str(kind) if kind in _SAY_NOTHING:
                return
            case str(kind):
                yield Unfamiliar(f"type {kind}")
            case _:
                yield Unfamiliar("no type")

    def _system(self, said: JsonObject) -> Iterator[Read]:
        match said:
            case {"subtype": "init"}:
                self._begin_turn(said)
            case {"subtype": "permission_denied", "tool_use_id": str(call_id)}:
                self._content.deny(call_id)
            case _:
                pass
        yield from system_events(said)

    def _begin_turn(self, said: JsonObject) -> None:
        self._thread = thread_name(said.get("session_id")) or self._thread
        self._outcome, self._model_failed = None, False
        if isinstance(model := said.get("model"), str):
            self._model = model_name(model)

    def _assistant(self, said: JsonObject) -> Iterator[Read]:
        match said:
            case {"error": str(), "message": {"content": list(content)}}:
                self._model_failed = True
                error = readable_error(result_text(content))
                yield Error(message=error, phase="model", recoverable=False)
            case {"message": dict(message)}:
                yield from self._message(message, _parent(said))
            case _:
                yield Unfamiliar("assistant without a message")

    def _message(self, message: JsonObject, parent: str | None) -> Iterator[Read]:
        match message:
            case {"id": str(id_), "content": list(content)}:
                yield from self._messages.whole(id_, message, parent)
                if heard := self._messages.of(parent):
                    yield from self._content.said(_blocks(content), heard)
            case _:
                yield Unfamiliar("assistant without an id or content")

    def _user(self, said: JsonObject) -> Iterator[Read]:
        match said:
            case {"message": {"content": list(content)}}:
                yield from self._content.answered(_blocks(content))
            case {"message": {"content": str()}}:
                return
            case _:
                yield Unfamiliar("user without content")

    def _result(self, said: JsonObject) -> Iterator[Read]:
        outcome = claude_outcome(
            said, iterations=self._iterations.count, model_failed=self._model_failed
        )
        if outcome is None:
            yield Unfamiliar("result without a subtype or is_error")
            return
        self._outcome = outcome
        self._thread = thread_name(said.get("session_id")) or self._thread
        yield from self._tokens.reach(usage_by_model(said, model=self._model))


def _parent(said: JsonObject) -> str | None:
    parent = said.get("parent_tool_use_id")
    return parent if isinstance(parent, str) else None


def _blocks(content: Sequence[object]) -> list[JsonObject]:
    """A block that is no object has no type either."""
    return [block if isinstance(block, dict) else {} for block in content]
