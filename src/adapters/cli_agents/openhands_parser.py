"""Parses the JSON lines of `openhands --headless --json`."""

import re
from collections.abc import Iterator, Sequence

from adapters.cli_agents.json_lines_parser import (
    JsonLinesParser,
    JsonObject,
    json_object,
    unknown_type,
)
from adapters.cli_agents.readable_text import readable_error, result_text
from adapters.system.schema_drift import Read, UnknownShape
from domain.agent_thread import AgentThread
from domain.events import AgentEvent
from domain.task_events import Progress
from domain.terminal_text import plain_text
from domain.thinking_events import Message, ThinkComplete
from domain.tool_events import ToolStatus
from ports.clock import Clock
from ports.runner import Failed

SOURCE = "openhands"

_CONVERSATION = re.compile(r"Conversation ID: ([0-9a-f]{32})")
_BY_MODEL = re.compile(r"litellm\.|LLM")
_IGNORED = frozenset(
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


class OpenHandsParser(JsonLinesParser):
    """Its conversation id is in a line of text after the JSON; its usage is not reported."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(SOURCE, clock)

    def parse(self, line: str) -> Sequence[AgentEvent] | None:
        if (events := super().parse(line)) is not None:
            return events
        if found := _CONVERSATION.fullmatch(plain_text(line).strip()):
            self._thread = AgentThread(id=found[1])
            return []
        return None

    def _read(self, record: JsonObject) -> Iterator[Read]:
        match record:
            case {
                "kind": "MessageEvent",
                "source": "agent",
                "id": str(id_),
                "llm_message": dict(message),
            }:
                content, reasoning = message.get("content"), message.get("reasoning_content")
                yield from self._iterations.begin_after_answer()
                yield from self._message(id_, content, reasoning, calls=0)
                self._outcome = self._completed(result_text(content))
            case {"kind": "MessageEvent", "source": str()}:
                return
            case {"kind": "ActionEvent", "id": str(id_), "tool_call_id": str(call_id)}:
                self._outcome = None
                yield from self._iterations.begin_after_answer()
                thought, reasoning = record.get("thought"), record.get("reasoning_content")
                yield from self._message(id_, thought, reasoning, calls=1)
                yield from self._action(record, call_id)
            case {"kind": "ObservationEvent", "tool_call_id": str(call_id)}:
                yield from self._observation(record.get("observation"), call_id)
            case {"kind": "AgentErrorEvent", "tool_call_id": str(call_id), "error": str(error)}:
                yield from self._complete(call_id, "error", "", error)
            case {"kind": "UserRejectObservation", "tool_call_id": str(call_id)}:
                yield from self._complete(call_id, "denied", "", None)
            case {"kind": "ConversationErrorEvent", "detail": str(detail)}:
                self._outcome = _failure(record, detail)
            case {"kind": "Condensation"}:
                yield Progress(message="the agent has shortened its conversation")
            case {"kind": str(kind)} if kind in _IGNORED:
                return
            case {"type": str()} if not isinstance(record.get("kind"), str):
                yield unknown_type(record)
            case _:
                yield unknown_type(record, key="kind")

    def _message(
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

    def _action(self, record: JsonObject, call_id: str) -> Iterator[Read]:
        match record:
            case {"tool_name": str(name), "tool_call": {"arguments": str(arguments)}}:
                given = json_object(arguments)
            case {"tool_name": str(name)}:
                given = None
            case _:
                yield UnknownShape("action without a tool")
                return
        yield from self._calls.start(call_id, tool_name=name, arguments=given or {})
        if name == "finish":
            self._outcome = self._completed(given.get("message") if given else None)

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
        self._iterations.mark_answered()


def _failure(record: JsonObject, detail: str) -> Failed:
    code = record.get("code")
    by_model = _BY_MODEL.match(detail) or (isinstance(code, str) and _BY_MODEL.match(code))
    return Failed(
        error=readable_error(detail.rpartition("litellm.")[2]),
        reason="model_error" if by_model else "agent_error",
    )
