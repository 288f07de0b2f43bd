"""Turns the session updates of an agent into events."""

from collections.abc import Iterator, Mapping, Sequence

from adapters.acp.approval_rules import NO_RULES, ApprovalRules
from adapters.acp.content_text import block_text
from adapters.acp.message_joiner import MessageJoiner
from adapters.acp.messages import JsonObject, json_object, json_text
from adapters.acp.offered_models import offered_models
from adapters.acp.tool_calls import ToolCalls
from adapters.acp.usage_counter import UsageCounter
from adapters.system.schema_drift import DriftReport, UnknownShape
from domain.approval import ApprovalRequest
from domain.events import AgentEvent
from domain.plan import ReportedPlan
from domain.task_events import Error, Progress
from domain.thinking_events import Phase
from ports.clock import Clock

_LONGEST_LINE = 64 * 1024
_IGNORED = frozenset(
    {
        "user_message_chunk",
        "available_commands_update",
        "current_mode_update",
        "session_info_update",
        "compaction_update",
        "compaction_summary_chunk",
    }
)
"""Updates for a user interface of the agent itself."""
_NOTICES: Mapping[str, tuple[str, ...]] = {
    "codex-acp": (
        "Model metadata for `",
        "This session was recorded with model `",
        "Heads up: Long threads and multiple compactions",
        "Under-development features enabled: ",
    )
}
"""Beginnings of warnings that an agent sends as messages of its model, by the agent's name."""


class SessionUpdates:
    def __init__(self, clock: Clock, *, model: str, rules: ApprovalRules = NO_RULES) -> None:
        self.accepts_updates = False
        """False before the prompt, when an agent may replay earlier turns."""
        self.was_denied = False
        """Whether any request of the agent was denied."""
        self._message = MessageJoiner()
        self._calls = ToolCalls(clock, rules=rules)
        self._plan = ReportedPlan()
        self.usage = UsageCounter(model)
        self._drift = DriftReport("acp")

    @property
    def last_message(self) -> str:
        return self._message.last

    def set_agent(self, *, agent: str, model: str) -> None:
        """Name and model as reported in the handshake; an empty model is unknown."""
        self.usage.agent = agent
        self.usage.model = model or self.usage.model

    def read(self, params: object, *, line: str) -> Iterator[AgentEvent]:
        if not self.accepts_updates:
            return
        for event in self._read(json_object(json_object(params).get("update"))):
            if isinstance(event, UnknownShape):
                yield from self.unknown(event, line=line)
            else:
                yield event

    def unknown(self, unknown: UnknownShape, *, line: str) -> Iterator[AgentEvent]:
        yield from self._drift.events(line[:_LONGEST_LINE], [unknown])

    def permission_requested(self, params: object) -> Iterator[AgentEvent]:
        """A permission request includes its tool call."""
        yield from self._message.finish()
        call = json_object(json_object(params).get("toolCall"))
        for event in self._calls.update(call):
            if not isinstance(event, UnknownShape):
                yield event
        yield from self._calls.start(json_text(call.get("toolCallId")))

    def question(self, params: JsonObject) -> ApprovalRequest:
        asked = json_object(params.get("toolCall"))
        call_id = json_text(asked.get("toolCallId"))
        call = self._calls.get(call_id)
        return ApprovalRequest(
            call_id=call_id,
            tool_name=call.tool_name if call else "tool",
            arguments=call.arguments if call else {},
            reason=(call.title if call else "") or json_text(asked.get("title")),
        )

    def kind_of(self, call_id: str) -> str:
        """The kind of an open call; `other` if unknown."""
        call = self._calls.get(call_id)
        return call.kind if call else "other"

    def terminal_output(self, terminal_id: str, text: str) -> Iterator[AgentEvent]:
        """Streamed to the call that shows the terminal, or kept until one does."""
        yield from self._calls.terminal_output(terminal_id, text)

    def unclaimed_output(self) -> Iterator[str]:
        """Output of terminals that no call has shown; returned once."""
        yield from self._calls.unclaimed_output()

    def calls_mentioning(self, text: str) -> Sequence[str]:
        """Ids of open calls with this exact text among their values."""
        return self._calls.mentioning(text)

    def use_allowance(self, text: str) -> bool:
        """Whether an open call was approved with this exact text among its arguments; true once."""
        return self._calls.use_allowance(text)

    def allow(self, call_id: str, arguments: Mapping[str, object] | None = None) -> None:
        """`arguments` are those of the request: the agent may change them later."""
        self._calls.allow(call_id, arguments or {})

    def deny(self, call_id: str) -> None:
        self.was_denied = True
        self._calls.deny(call_id)

    def turn_cancelled(self) -> None:
        """From now on a completed call may have been interrupted."""
        self._calls.turn_cancelled()

    def end(self, answer: JsonObject) -> Iterator[AgentEvent]:
        """The remaining events at the end of the turn; later updates are ignored."""
        self.accepts_updates = False
        yield from self._message.finish()
        yield from self._calls.end()
        yield from self.usage.end(answer)

    def _read(self, update: JsonObject) -> Iterator[AgentEvent | UnknownShape]:
        match update:
            case {"sessionUpdate": "agent_message_chunk", "content": content}:
                yield from self._text(block_text(content), json_text(update.get("messageId")))
                yield from self._used(update)
            case {"sessionUpdate": "agent_thought_chunk", "content": content}:
                if text := block_text(content):
                    yield from self._calls.start_all()
                    yield from self._message.add_thought(text)
                yield from self._used(update)
            case {"sessionUpdate": "tool_call" | "tool_call_update"}:
                yield from self._message.finish()
                yield from self._calls.update(update)
            case {"sessionUpdate": "plan"}:
                yield from self._message.finish()
                phases = _phases(update.get("entries"))
                if phases is None:
                    yield UnknownShape("a plan without a list of its steps")
                else:
                    yield from self._plan.update(phases)
            case {"sessionUpdate": "notice"}:
                notice = json_text(update.get("message")) or block_text(update.get("content"))
                if notice:
                    yield Progress(message=notice)
            case {"sessionUpdate": "config_option_update"}:
                offered = offered_models(update)
                self.usage.model = offered.current if offered else self.usage.model
            case {"sessionUpdate": "usage_update"}:
                yield from self.usage.context_update(update)
            case {"sessionUpdate": str(kind)} if kind not in _IGNORED:
                yield UnknownShape(kind)
            case {"sessionUpdate": str()}:
                return
            case _:
                yield UnknownShape("an update without a kind")

    def _text(self, text: str, message_id: str) -> Iterator[AgentEvent]:
        if text.startswith(_NOTICES.get(self.usage.agent, ())):
            yield from self._message.finish()
            yield Error(message=text.strip(), phase="agent", recoverable=True)
        elif text:
            yield from self._calls.start_all()
            yield from self._message.add_text(text, message_id=message_id or None)

    def _used(self, update: JsonObject) -> Iterator[AgentEvent]:
        """Qwen Code reports the usage of a model call with the last chunk of its answer."""
        if usage := json_object(json_object(update.get("_meta")).get("usage")):
            yield from self.usage.call(usage)


def _phases(entries: object) -> tuple[Phase, ...] | None:
    if not isinstance(entries, list):
        return None
    read = [_phase(entry, number) for number, entry in enumerate(entries, 1)]
    phases = tuple(phase for phase in read if phase)
    return phases if len(phases) == len(read) else None


def _phase(entry: object, number: int) -> Phase | None:
    match entry:
        case {"content": str(name), "status": "completed"}:
            return Phase(id=str(number), name=name, status="completed")
        case {"content": str(name), "status": "in_progress"}:
            return Phase(id=str(number), name=name, status="in_progress")
        case {"content": str(name)}:
            return Phase(id=str(number), name=name, status="pending")
        case _:
            return None
