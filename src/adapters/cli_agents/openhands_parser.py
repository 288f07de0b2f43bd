"""Understands the JSON lines of `openhands --headless --json`."""

import re
from collections.abc import Iterator, Sequence

from adapters.cli_agents.drift_report import DriftReport, Read, Unfamiliar
from adapters.cli_agents.iterations import Iterations
from adapters.cli_agents.json_line import JsonObject, json_object
from adapters.cli_agents.readable_error import readable_error
from adapters.cli_agents.result_text import result_text
from adapters.cli_agents.tool_calls import ToolCalls
from domain.agent_thread import AgentThread
from domain.events import AgentEvent
from domain.task_events import Progress
from domain.terminal_text import plain_text
from domain.thinking_events import Message, ThinkComplete
from domain.tool_events import ToolStatus
from ports.clock import Clock
from ports.runner import Completed, Failed, Outcome

SOURCE = "openhands"

_CONVERSATION = re.compile(r"Conversation ID: ([0-9a-f]{32})")
_BY_MODEL = re.compile(r"litellm\.|LLM")
_SAY_NOTHING = frozenset(
    {
        "SystemPromptEvent",
        "ConversationStateUpdateEvent",
        "CondensationRequest",
        "CondensationSummaryEvent",
        "HookExecutionEvent",
        "LLMCompletionLogEvent",
        "PauseEvent",
        "StreamingDeltaEvent",
        "TokenEvent",
    }
)


class OpenHandsParser:
    """Its conversation is named in the text around its lines, at the end; what it uses nowhere."""

    def __init__(self, clock: Clock) -> None:
        self._drift = DriftReport(SOURCE)
        self._calls = ToolCalls(clock)
        self._iterations = Iterations()
        self._outcome: Outcome | None = None
        self._thread: str | None = None

    def parse(self, line: str) -> Sequence[AgentEvent] | None:
        said = json_object(line)
        if said is not None:
            return self._drift.events(line, self._read(said))
        if found := _CONVERSATION.fullmatch(plain_text(line).strip()):
            self._thread = found[1]
            return []
        return None

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
            case {
                "kind": "MessageEvent",
                "source": "agent",
                "id": str(id_),
                "llm_message": dict(message),
            }:
                content, reasoning = message.get("content"), message.get("reasoning_content")
                yield from self._iterations.model_speaks()
                yield from self._words(id_, content, reasoning, calls=0)
                self._end(result_text(content))
            case {"kind": "MessageEvent", "source": str()}:
                return
            case {"kind": "ActionEvent", "id": str(id_), "tool_call_id": str(call_id)}:
                self._outcome = None
                yield from self._iterations.model_speaks()
                thought, reasoning = said.get("thought"), said.get("reasoning_content")
                yield from self._words(id_, thought, reasoning, calls=1)
                yield from self._action(said, call_id)
            case {"kind": "ObservationEvent", "tool_call_id": str(call_id)}:
                yield from self._observation(said.get("observation"), call_id)
            case {"kind": "AgentErrorEvent", "tool_call_id": str(call_id), "error": str(error)}:
                yield from self._complete(call_id, "error", "", error)
            case {"kind": "UserRejectObservation", "tool_call_id": str(call_id)}:
                yield from self._complete(call_id, "denied", "", None)
            case {"kind": "ConversationErrorEvent", "detail": str(detail)}:
                self._outcome = _failure(said, detail)
            case {"kind": "Condensation"}:
                yield Progress(message="the agent has shortened its conversation")
            case {"kind": str(kind)} if kind in _SAY_NOTHING:
                return
            case {"kind": str(kind)}:
                yield Unfamiliar(f"kind {kind}")
            case {"type": str(kind)}:
                yield Unfamiliar(f"type {kind}")
            case _:
                yield Unfamiliar("no kind")

    def _words(
        self, message_id: str, content: object, reasoning: object, *, calls: int
    ) -> Iterator[Read]:
        if isinstance(reasoning, str) and reasoning:
            yield ThinkComplete(
                iteration=self._iterations.current,
                content=reasoning,
                reasoning=reasoning,
                tool_call_count=calls,
            )
        if text := result_text(content):
            yield Message(message_id=message_id, role="assistant", content=text)

    def _action(self, said: JsonObject, call_id: str) -> Iterator[Read]:
        match said:
            case {"tool_name": str(name), "tool_call": {"arguments": str(arguments)}}:
                given = json_object(arguments)
            case {"tool_name": str(name)}:
                given = None
            case _:
                yield Unfamiliar("action without a tool")
                return
        yield from self._calls.start(call_id, tool_name=name, arguments=given or {})
        if name == "finish":
            message = given.get("message") if given else None
            self._end(message if isinstance(message, str) else "")

    def _observation(self, observation: object, call_id: str) -> Iterator[Read]:
        seen = observation if isinstance(observation, dict) else {}
        exit_code = seen.get("exit_code")
        failed = seen.get("is_error") is True or (
            isinstance(exit_code, int) and exit_code not in (0, -1)
        )
        code = f"exit code {exit_code}" if failed and isinstance(exit_code, int) else None
        result = result_text(seen.get("content"))
        yield from self._complete(call_id, "error" if failed else "ok", result, code)

    def _complete(
        self, call_id: str, status: ToolStatus, result: str, error: str | None
    ) -> Iterator[Read]:
        yield from self._calls.complete(call_id, status=status, result=result, error=error)
        self._iterations.tool_answers()

    def _end(self, answer: str) -> None:
        count = self._iterations.count
        self._outcome = Completed(final_answer=answer, total_iterations=count)


def _failure(said: JsonObject, detail: str) -> Failed:
    code = said.get("code")
    by_model = _BY_MODEL.match(detail) or (isinstance(code, str) and _BY_MODEL.match(code))
    return Failed(
        error=readable_error(detail.rpartition("litellm.")[2]),
        reason="model_error" if by_model else "agent_error",
    )
