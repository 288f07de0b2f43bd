"""Understands the `stream-json` of Qwen Code: Claude Code's lines, with differences."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from adapters.cli_agents.claude_content import ClaudeContent
from adapters.cli_agents.claude_messages import ClaudeMessages
from adapters.cli_agents.claude_usage import later_usage
from adapters.cli_agents.drift_report import DriftReport, Read, Unfamiliar
from adapters.cli_agents.iterations import Iterations
from adapters.cli_agents.json_line import JsonObject, json_object
from adapters.cli_agents.readable_error import readable_error
from adapters.cli_agents.result_text import result_text
from adapters.cli_agents.token_count import TokenCount, added, usage
from adapters.cli_agents.tool_calls import ToolCalls
from domain.agent_thread import AgentThread, thread_name
from domain.events import AgentEvent
from domain.usage import Usage
from ports.clock import Clock
from ports.runner import Completed, Failed, Outcome

SOURCE = "qwen"

# Matched from the start alone: to search for it takes a time that grows with the square of the text.
_REFUSAL = re.compile(r"\[(API Error: .*)\](\n.*)?", re.DOTALL)


class QwenParser:
    """An answer of its model comes in a line for each kind of content, each line with another id;
    and where the model refuses, the refusal is such an answer and the result a success.
    """

    def __init__(self, clock: Clock, *, thread: AgentThread | None = None) -> None:
        self._drift = DriftReport(SOURCE)
        self._calls = ToolCalls(clock)
        self._iterations = Iterations()
        self._tokens = TokenCount()
        self._messages = ClaudeMessages(iterations=self._iterations, tokens=self._tokens)
        self._content = ClaudeContent(calls=self._calls, iterations=self._iterations)
        self._is_in_pieces = False
        self._refusal: str | None = None
        self._outcome: Outcome | None = None
        self._goes_on_with = thread
        self._thread: AgentThread | None = None
        self._model = "unknown"

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
        return self._thread

    def _read(self, said: JsonObject) -> Iterator[Read]:
        parent = said.get("parent_tool_use_id")
        match said:
            case {"type": "system", "subtype": "init"}:
                self._begin(said)
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
                yield from self._count(said.get("usage"))
            case {"type": "system", "subtype": str(subtype)}:
                yield Unfamiliar(f"system {subtype}")
            case {"type": str(kind)}:
                yield Unfamiliar(f"type {kind}")
            case _:
                yield Unfamiliar("no type")

    def _begin(self, said: JsonObject) -> None:
        self._outcome, self._refusal = None, None
        kept, name = self._goes_on_with, thread_name(said.get("session_id"))
        if name is not None:
            self._thread = kept if kept and kept.id == name else AgentThread(id=name)
        if isinstance(model := said.get("model"), str):
            self._model = model

    def _count(self, used: object) -> Iterator[Read]:
        """The sum of the conversation so far, in earlier tasks too; with what it asks its model
        beside its answers, of which no line speaks.
        """
        if not isinstance(used, dict):
            return
        total = usage(
            input_tokens=used.get("input_tokens"),
            output_tokens=used.get("output_tokens"),
            cached=used.get("cache_read_input_tokens"),
        )
        before = (self._thread and self._thread.usage) or Usage()
        if total.total_tokens >= before.total_tokens:
            yield from self._tokens.reach({self._model: total.minus(before)})
        if self._thread is not None:
            self._thread = replace(self._thread, usage=total)

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
        message = {**message, "usage": _of_claude(message.get("usage"))}
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
        match said:
            case {"error": {"message": str(message)}} if is_error:
                by_model = self._refusal is not None or "[API Error: " in message
                self._outcome = Failed(
                    error=readable_error(message),
                    reason="model_error" if by_model else "agent_error",
                )
            case _ if is_error:
                self._outcome = Failed(error="the agent reported an error", reason="agent_error")
            case _ if self._refusal is not None:
                self._outcome = Failed(error=self._refusal, reason="model_error")
            case _:
                answer = said.get("result")
                self._outcome = Completed(
                    final_answer=answer if isinstance(answer, str) else "",
                    total_iterations=self._iterations.count,
                )


def _of_claude(used: object) -> JsonObject:
    """Claude Code counts input without what was cached, Qwen Code with it."""
    counts = used if isinstance(used, dict) else {}
    taken, cached = (added(counts.get(key)) for key in ("input_tokens", "cache_read_input_tokens"))
    return {**counts, "input_tokens": max(0, taken - cached)}


def _refusal(message: JsonObject, content: Sequence[object]) -> str | None:
    """Its words, and advice for people; words of a model that cost nothing are not a model's."""
    match message.get("usage"):
        case {"input_tokens": used, "output_tokens": given} if not added(used, given):
            found = _REFUSAL.fullmatch(result_text(list(content)))
            return found and readable_error(found[1] + (found[2] or ""))
        case _:
            return None


def _blocks(content: Sequence[object]) -> list[JsonObject]:
    """A block that is no object has no type either."""
    return [block if isinstance(block, dict) else {} for block in content]
