"""Understands the `stream-json` of Qwen Code: Claude Code's lines, with differences."""

import re
from collections.abc import Iterator, Sequence

from adapters.cli_agents.claude_content import ClaudeContent
from adapters.cli_agents.claude_messages import ClaudeMessages
from adapters.cli_agents.claude_usage import later_usage
from adapters.cli_agents.drift_report import DriftReport, Read, Unfamiliar
from adapters.cli_agents.iterations import Iterations
from adapters.cli_agents.json_line import JsonObject, json_object
from adapters.cli_agents.readable_error import readable_error
from adapters.cli_agents.result_text import result_text
from adapters.cli_agents.token_count import TokenCount, added
from adapters.cli_agents.tool_calls import ToolCalls
from domain.agent_thread import AgentThread, thread_name
from domain.events import AgentEvent
from ports.clock import Clock
from ports.runner import Completed, Failed, Outcome

SOURCE = "qwen"

_REFUSAL = re.compile(r"\[API Error: .*\]", re.DOTALL)


class QwenParser:
    """An answer of its model comes in a line for each kind of content, each line with another id;
    and where the model refuses, the refusal is such an answer and the result a success.
    """

    def __init__(self, clock: Clock) -> None:
        self._drift = DriftReport(SOURCE)
        self._calls = ToolCalls(clock)
        self._iterations = Iterations()
        self._messages = ClaudeMessages(iterations=self._iterations, tokens=TokenCount())
        self._content = ClaudeContent(calls=self._calls, iterations=self._iterations)
        self._is_in_pieces = False
        self._refusal: str | None = None
        self._outcome: Outcome | None = None
        self._thread: str | None = None

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
        parent = said.get("parent_tool_use_id")
        match said:
            case {"type": "system", "subtype": "init"}:
                self._thread = thread_name(said.get("session_id")) or self._thread
                self._outcome, self._refusal = None, None
            case {"type": "stream_event", "event": dict(event)}:
                if parent is None:
                    yield from self._piece(event)
            case {"type": "assistant", "message": dict(message)}:
                yield from self._answer(message, parent if isinstance(parent, str) else None)
            case {"type": "user", "message": {"content": list(content)}}:
                yield from self._content.answered(_blocks(content))
            case {"type": "user", "message": {"content": str()}}:
                return
            case {"type": "result", "is_error": bool(is_error)}:
                self._result(said, is_error=is_error)
            case {"type": "system", "subtype": str(subtype)}:
                yield Unfamiliar(f"system {subtype}")
            case {"type": str(kind)}:
                yield Unfamiliar(f"type {kind}")
            case _:
                yield Unfamiliar("no type")

    def _piece(self, event: JsonObject) -> Iterator[Read]:
        yield from self._messages.piece(event)
        if event.get("type") in ("message_start", "message_stop"):
            self._is_in_pieces = event["type"] == "message_start"

    def _answer(self, message: JsonObject, parent: str | None) -> Iterator[Read]:
        """Of what comes in pieces too, the start and the end are among the pieces."""
        id_, content = message.get("id"), message.get("content")
        if not isinstance(id_, str) or not isinstance(content, list):
            yield Unfamiliar("assistant without an id or content")
            return
        heard = self._messages.of(parent)
        if heard is None or parent is not None or not self._is_in_pieces:
            yield from self._messages.whole(id_, message, parent)
            heard = self._messages.of(parent)
        else:
            heard.usage = later_usage(heard.usage, message)
        if parent is None:
            self._refusal = _refusal(message, content)
        if heard is not None:
            yield from self._content.said(_blocks(content), heard)

    def _result(self, said: JsonObject, *, is_error: bool) -> None:
        """Its usage is left alone: it holds that of earlier tasks of the conversation."""
        match said:
            case {"error": {"message": str(message)}} if is_error:
                by_model = self._refusal is not None or _REFUSAL.search(message)
                self._outcome = Failed(
                    error=readable_error(message),
                    reason="model_error" if by_model else "agent_error",
                )
            case _ if is_error:
                self._outcome = Failed(error="the agent reported an error", reason="agent_error")
            case _ if self._refusal is not None:
                error = readable_error(self._refusal)
                self._outcome = Failed(error=error, reason="model_error")
            case _:
                answer = said.get("result")
                self._outcome = Completed(
                    final_answer=answer if isinstance(answer, str) else "",
                    total_iterations=self._iterations.count,
                )


def _refusal(message: JsonObject, content: Sequence[object]) -> str | None:
    """Words of a model that cost nothing are not a model's."""
    match message.get("usage"):
        case {"input_tokens": used, "output_tokens": given} if not added(used, given):
            text = result_text(list(content))
            return text if _REFUSAL.fullmatch(text) else None
        case _:
            return None


def _blocks(content: Sequence[object]) -> list[JsonObject]:
    """A block that is no object has no type either."""
    return [block if isinstance(block, dict) else {} for block in content]
