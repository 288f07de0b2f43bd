"""Understands the JSON lines of `pi --mode json`."""

import re
from collections.abc import Iterator, Sequence

from adapters.cli_agents.drift_report import DriftReport, Read, Unfamiliar
from adapters.cli_agents.iterations import Iterations
from adapters.cli_agents.json_line import JsonObject, json_object
from adapters.cli_agents.readable_error import readable_error
from adapters.cli_agents.result_text import result_text
from adapters.cli_agents.token_count import TokenCount, added, usage
from adapters.cli_agents.tool_calls import ToolCalls
from domain.agent_thread import AgentThread, thread_name
from domain.events import AgentEvent
from domain.task_events import Error, Progress
from domain.thinking_events import Message, MessageDelta, ThinkComplete, ThinkDelta
from domain.usage import Usage
from ports.clock import Clock
from ports.runner import Completed, Failed, Outcome

SOURCE = "pi"

_SAY_NOTHING = frozenset(
    {
        "agent_start",
        "turn_end",
        "message_start",
        "queue_update",
        "session_info_changed",
        "thinking_level_changed",
        "compaction_start",
        "auto_retry_end",
    }
)
_WHOLE_LATER = frozenset(
    {
        "start",
        "text_start",
        "text_end",
        "thinking_start",
        "thinking_end",
        "toolcall_start",
        "toolcall_delta",
        "toolcall_end",
        "done",
        "error",
    }
)

# Each piece of a message comes with all of the message so far, twice: that is not looked into.
_PIECE = re.compile(
    r'\{"type":"message_update","assistantMessageEvent":'
    r'(\{"type":"\w{1,40}","contentIndex":\d{1,9},"delta":"(?:[^"\\]|\\.)*"),"partial":\{'
)


class PiParser:
    def __init__(self, clock: Clock) -> None:
        self._drift = DriftReport(SOURCE)
        self._calls = ToolCalls(clock)
        self._iterations = Iterations()
        self._tokens = TokenCount()
        self._messages = 1
        self._answered: Outcome | None = None
        self._outcome: Outcome | None = None
        self._thread: str | None = None

    def parse(self, line: str) -> Sequence[AgentEvent] | None:
        begun = _PIECE.match(line)
        if begun and line.endswith("}") and (piece := json_object(begun[1] + "}")):
            return self._drift.events(line, self._piece(piece))
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
        match said:
            case {"type": "session", "id": str(thread)}:
                self._thread = thread_name(thread)
            case {"type": "turn_start"}:
                self._answered = self._outcome = None
                yield from self._iterations.begin()
            case {"type": "agent_end"}:
                self._outcome = self._answered
            case {"type": "message_update", "assistantMessageEvent": dict(piece)}:
                yield from self._piece(piece)
            case {"type": "message_end", "message": dict(message)}:
                if message.get("role") == "assistant":
                    yield from self._answer(message)
            case {"type": str(kind)} if kind.startswith("tool_execution_"):
                yield from self._tool(said, kind)
            case {"type": "auto_retry_start"}:
                yield Error(message=_retry(said), phase="model", recoverable=True)
            case {"type": "compaction_end", "aborted": False}:
                yield Progress(message="the agent has shortened its conversation")
            case {"type": str(kind)} if kind in _SAY_NOTHING or kind == "compaction_end":
                return
            case {"type": str(kind)}:
                yield Unfamiliar(f"type {kind}")
            case _:
                yield Unfamiliar("no type")

    def _piece(self, piece: JsonObject) -> Iterator[Read]:
        match piece:
            case {"type": "text_delta", "contentIndex": int(index), "delta": str(text)}:
                yield MessageDelta(message_id=self._message_id(index), text=text)
            case {"type": "thinking_delta", "delta": str(text)}:
                yield ThinkDelta(iteration=self._iterations.current, text=text)
            case {"type": str(kind)} if kind in _WHOLE_LATER:
                return
            case _:
                yield Unfamiliar(f"piece {piece.get('type')}")

    def _answer(self, message: JsonObject) -> Iterator[Read]:
        """Whole, with what it has used and why it has ended."""
        content = message.get("content")
        blocks = content if isinstance(content, list) else []
        calls = sum(
            isinstance(block, dict) and block.get("type") == "toolCall" for block in blocks
        )
        answer = ""
        for index, block in enumerate(blocks):
            match block:
                case {"type": "text", "text": str(text)}:
                    answer = text
                    if text:
                        id_ = self._message_id(index)
                        yield Message(message_id=id_, role="assistant", content=text)
                case {"type": "thinking", "thinking": str(thought)}:
                    yield ThinkComplete(
                        iteration=self._iterations.current,
                        content=thought,
                        reasoning=thought,
                        tool_call_count=calls,
                    )
                case {"type": "toolCall"}:
                    continue  # it is an event when it begins
                case _:
                    yield Unfamiliar("content of another kind")
        self._messages += 1
        yield from self._tokens.add(_model(message), _usage(message.get("usage")))
        self._answered = self._ended(message, answer)

    def _ended(self, message: JsonObject, answer: str) -> Outcome | None:
        match message:
            case {"stopReason": "toolUse"}:
                return None
            case {"stopReason": "error" | "aborted" as how}:
                words = message.get("errorMessage")
                error = readable_error(words if isinstance(words, str) else "")
                return Failed(
                    error=error, reason="model_error" if how == "error" else "agent_error"
                )
            case _:
                return Completed(final_answer=answer, total_iterations=self._iterations.count)

    def _tool(self, said: JsonObject, kind: str) -> Iterator[Read]:
        match said:
            case {
                "type": "tool_execution_start",
                "toolCallId": str(call_id),
                "toolName": str(name),
            }:
                args = said.get("args")
                arguments = args if isinstance(args, dict) else {"args": args}
                yield from self._calls.start(call_id, tool_name=name, arguments=arguments)
            case {"type": "tool_execution_update", "toolCallId": str(call_id)}:
                output = _output(said.get("partialResult"))
                yield from self._calls.grow(call_id, output=output)
            case {"type": "tool_execution_end", "toolCallId": str(call_id)}:
                yield from self._calls.complete(
                    call_id,
                    status="error" if said.get("isError") is True else "ok",
                    result=_output(said.get("result")),
                )
            case _:
                yield Unfamiliar(f"type {kind}")

    def _message_id(self, index: int) -> str:
        return f"message-{self._messages}.{index}"


def _output(result: object) -> str:
    return result_text(result.get("content")) if isinstance(result, dict) else result_text(result)


def _model(message: JsonObject) -> str:
    for name in (message.get("responseModel"), message.get("model")):
        if isinstance(name, str) and name:
            return name
    return "unknown"


def _usage(used: object) -> Usage:
    """Its input leaves out what was cached; the cost of a model without a price is 0 there."""
    sums = used if isinstance(used, dict) else {}
    cost = sums.get("cost")
    total = cost.get("total") if isinstance(cost, dict) else None
    cached, written = sums.get("cacheRead"), sums.get("cacheWrite")
    return usage(
        input_tokens=added(sums.get("input"), cached, written),
        output_tokens=sums.get("output"),
        cached=cached,
        cost_usd=total or None,
    )


def _retry(said: JsonObject) -> str:
    match said:
        case {"attempt": int(attempt), "maxAttempts": int(most), "errorMessage": str(message)}:
            return f"{readable_error(message)}: try {attempt} of {most} follows"
        case _:
            return "the model is asked again"
