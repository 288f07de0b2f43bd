"""Understands what an agent tells of its turn."""

from collections.abc import Iterator, Mapping, Sequence

from adapters.acp.approval_rules import NO_RULES, ApprovalRules
from adapters.acp.content_text import block_text
from adapters.acp.drift import Drift, Unfamiliar
from adapters.acp.json_message import JsonObject, json_object, json_text
from adapters.acp.offered_models import offered_models
from adapters.acp.plan import Plan
from adapters.acp.speech import Speech
from adapters.acp.tool_calls import ToolCalls
from adapters.acp.usage_count import UsageCount
from domain.approval import ApprovalRequest
from domain.events import AgentEvent
from domain.task_events import Error, Progress
from ports.clock import Clock

_UNTOLD = frozenset(
    {
        "user_message_chunk",
        "available_commands_update",
        "current_mode_update",
        "session_info_update",
        "compaction_update",
        "compaction_summary_chunk",
    }
)
"""Of the agent's own surface, which nobody looks at here."""
_NOTICES: Mapping[str, tuple[str, ...]] = {
    "codex-acp": (
        "Model metadata for `",
        "This session was recorded with model `",
        "Heads up: Long threads and multiple compactions",
        "Under-development features enabled: ",
    )
}
"""How the warnings of an agent begin, by its name, which it sends as if its model had said them."""


class SessionUpdates:
    def __init__(self, clock: Clock, *, model: str, rules: ApprovalRules = NO_RULES) -> None:
        self.is_heard = False
        """Before its turn an agent repeats what was said in earlier ones."""
        self.was_denied = False
        """Something that it asked for was refused."""
        self._speech = Speech()
        self._calls = ToolCalls(clock, rules=rules)
        self._plan = Plan()
        self.usage = UsageCount(model)
        self._drift = Drift()

    @property
    def last_message(self) -> str:
        return self._speech.last

    def meet(self, *, agent: str, model: str) -> None:
        """By what name the agent goes, and with which model; a model that is not known is empty."""
        self.usage.agent = agent
        self.usage.model = model or self.usage.model

    def take(self, params: object, *, line: str) -> Iterator[AgentEvent]:
        if not self.is_heard:
            return
        for event in self._read(json_object(json_object(params).get("update"))):
            if isinstance(event, Unfamiliar):
                yield from self.unfamiliar(event, line=line)
            else:
                yield event

    def unfamiliar(self, unfamiliar: Unfamiliar, *, line: str) -> Iterator[AgentEvent]:
        yield from self._drift.events(unfamiliar, line=line)

    def asked(self, params: object) -> Iterator[AgentEvent]:
        """A question about a tool call tells of the call as well."""
        yield from self._speech.pause()
        call = json_object(json_object(params).get("toolCall"))
        for event in self._calls.take(call):
            if not isinstance(event, Unfamiliar):
                yield event
        yield from self._calls.start(json_text(call.get("toolCallId")))

    def question(self, params: JsonObject) -> ApprovalRequest:
        asked = json_object(params.get("toolCall"))
        call_id = json_text(asked.get("toolCallId"))
        call = self._calls.named(call_id)
        return ApprovalRequest(
            call_id=call_id,
            tool_name=call.tool_name if call else "tool",
            arguments=call.arguments if call else {},
            reason=(call.title if call else "") or json_text(asked.get("title")),
        )

    def kind_of(self, call_id: str) -> str:
        """Of a call that goes on; `other` where the agent does not say."""
        call = self._calls.named(call_id)
        return call.kind if call else "other"

    def terminal_output(self, terminal_id: str, text: str) -> Iterator[AgentEvent]:
        """Of the call that shows the terminal, also once it is known which one does."""
        yield from self._calls.terminal_output(terminal_id, text)

    def unshown_output(self) -> Iterator[str]:
        """Of the terminals that no call has shown; once."""
        yield from self._calls.unshown_output()

    def calls_about(self, text: str) -> Sequence[str]:
        """The calls that go on and show this, as it is, somewhere."""
        return self._calls.about(text)

    def use_allowance(self, text: str) -> bool:
        """Whether a call that goes on was allowed with this, as it is; true once."""
        return self._calls.use_allowance(text)

    def allow(self, call_id: str, arguments: Mapping[str, object] | None = None) -> None:
        """`arguments` are those that it was asked about with: the agent may change them later."""
        self._calls.allow(call_id, arguments or {})

    def deny(self, call_id: str) -> None:
        self.was_denied = True
        self._calls.deny(call_id)

    def break_off(self) -> None:
        """The agent was asked to stop: what completes now may have been ended halfway."""
        self._calls.break_off()

    def end(self, answer: JsonObject) -> Iterator[AgentEvent]:
        """What is owed when the turn is over and answered so; nothing is heard after it."""
        self.is_heard = False
        yield from self._speech.pause()
        yield from self._calls.end()
        yield from self.usage.end(answer)

    def _read(self, update: JsonObject) -> Iterator[AgentEvent | Unfamiliar]:
        match update:
            case {"sessionUpdate": "agent_message_chunk", "content": content}:
                yield from self._said(block_text(content), json_text(update.get("messageId")))
                yield from self._used(update)
            case {"sessionUpdate": "agent_thought_chunk", "content": content}:
                if text := block_text(content):
                    yield from self._calls.start_all()
                    yield from self._speech.think(text)
                yield from self._used(update)
            case {"sessionUpdate": "tool_call" | "tool_call_update"}:
                yield from self._speech.pause()
                yield from self._calls.take(update)
            case {"sessionUpdate": "plan"}:
                yield from self._speech.pause()
                yield from self._plan.take(update)
            case {"sessionUpdate": "notice"}:
                said = json_text(update.get("message")) or block_text(update.get("content"))
                if said:
                    yield Progress(message=said)
            case {"sessionUpdate": "config_option_update"}:
                offered = offered_models(update)
                self.usage.model = offered.current if offered else self.usage.model
            case {"sessionUpdate": "usage_update"}:
                yield from self.usage.take(update)
            case {"sessionUpdate": str(kind)} if kind not in _UNTOLD:
                yield Unfamiliar(kind)
            case {"sessionUpdate": str()}:
                return
            case _:
                yield Unfamiliar("an update without a kind")

    def _said(self, text: str, message_id: str) -> Iterator[AgentEvent]:
        if text.startswith(_NOTICES.get(self.usage.agent, ())):
            yield from self._speech.pause()
            yield Error(message=text.strip(), phase="agent", recoverable=True)
        elif text:
            yield from self._calls.start_all()
            yield from self._speech.say(text, message_id=message_id or None)

    def _used(self, update: JsonObject) -> Iterator[AgentEvent]:
        """Qwen Code puts the usage of a model call beside the last piece of what it gave."""
        if usage := json_object(json_object(update.get("_meta")).get("usage")):
            yield from self.usage.call(usage)
