"""The tool calls of an agent, each emitted once, from its start to its result."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from adapters.acp.agent_trouble import AgentTrouble
from adapters.acp.approval_rules import ApprovalRules
from adapters.acp.drift import Unfamiliar
from adapters.acp.json_message import JsonObject
from adapters.acp.tool_call import ToolCall
from domain.events import AgentEvent
from domain.task_events import Error
from domain.tool_events import ToolCallComplete, ToolCallStart, ToolCallStream, ToolStatus
from ports.clock import Clock

_MOST_UNSHOWN: Final = 1024 * 1024  # characters that a terminal waits with for its call
_MOST_WAITING: Final = 64  # terminals that no call has shown
_MOST_ENDED: Final = 4096  # whose late updates are known to be late


class ToolCalls:
    def __init__(self, clock: Clock, *, rules: ApprovalRules) -> None:
        self._clock = clock
        self._rules = rules
        self._open: dict[str, ToolCall] = {}
        self._ended: dict[str, None] = {}
        self._is_broken_off = False
        self._unshown: dict[str, str] = {}

    def take(self, update: JsonObject) -> Iterator[AgentEvent | Unfamiliar]:
        match update:
            case {"toolCallId": str(call_id)} if call_id:
                yield from self._take(call_id, update)
            case _:
                yield Unfamiliar("a tool call without an id")

    def start(self, call_id: str) -> Iterator[AgentEvent]:
        """Start a call that waits for its arguments: it is asked about."""
        if call_id in self._open:
            yield from self._start(call_id)

    def start_all(self) -> Iterator[AgentEvent]:
        """Start what waits for its arguments: the agent has gone on to say something."""
        for call_id in [*self._open]:
            yield from self._start(call_id)

    def break_off(self) -> None:
        """Some agents report a call that a cancel has ended as one that has completed."""
        self._is_broken_off = True

    def named(self, call_id: str) -> ToolCall | None:
        return self._open.get(call_id)

    def about(self, text: str) -> Sequence[str]:
        """Those of the calls that go on which show this, as it is, somewhere."""
        return [call_id for call_id, call in self._open.items() if call.shows(text)]

    def allow(self, call_id: str, arguments: Mapping[str, object]) -> None:
        if call := self._open.get(call_id):
            call.allow(arguments)

    def use_allowance(self, text: str) -> bool:
        return any(call.use_allowance(text) for call in self._open.values())

    def deny(self, call_id: str) -> None:
        if call := self._open.get(call_id):
            call.is_denied = True

    def end(self) -> Iterator[AgentEvent]:
        """Of what never came back nobody knows whether it was done."""
        for call_id, call in [*self._open.items()]:
            yield from self._start(call_id)
            yield self._complete(call_id, "denied" if call.is_denied else "outcome_unknown")

    def terminal_output(self, terminal_id: str, text: str) -> Iterator[AgentEvent]:
        for call_id, call in self._open.items():
            if terminal_id in call.terminals and text:
                yield from self._start(call_id)
                call.add_output(text)
                yield ToolCallStream(call_id=call_id, stream="text", chunk=text)
                return
        if text:
            held = self._unshown.get(terminal_id, "") + text
            self._unshown[terminal_id] = held[-_MOST_UNSHOWN:]
            if len(self._unshown) > _MOST_WAITING:
                del self._unshown[next(iter(self._unshown))]

    def unshown_output(self) -> Iterator[str]:
        while self._unshown:
            yield self._unshown.popitem()[1]

    def _take(self, call_id: str, update: JsonObject) -> Iterator[AgentEvent]:
        if call_id in self._ended:
            return
        call = self._open.setdefault(call_id, ToolCall(started=self._clock.monotonic()))
        call.merge(update)
        if not call.waits:
            yield from self._start(call_id)
        for terminal_id in call.terminals:
            call.is_allowed = True  # or it would not have been opened
            yield from self.terminal_output(terminal_id, self._unshown.pop(terminal_id, ""))
        if call.status in ("completed", "failed"):
            yield self._complete(call_id, self._status(call))
            yield from self._passed_over(call)
        elif call.is_told and (chunk := call.new_output()):
            yield ToolCallStream(call_id=call_id, stream="text", chunk=chunk)

    def _passed_over(self, call: ToolCall) -> Iterator[Error]:
        """Raises AgentTrouble for a call that was made although the rules are against it.

        One that has failed may have been refused by the agent itself, which asks nobody then.
        """
        what = f"{call.tool_name} ({call.title})" if call.title else call.tool_name
        if call.is_denied and call.exit_code is not None:
            raise AgentTrouble(f"The agent used {what} although it was refused that.")
        if (
            call.is_allowed
            or call.is_denied
            or not self._rules.needs_question(call.tool_name, call.kind)
        ):
            return
        if call.status == "completed" or call.exit_code is not None:
            mode = self._rules.mode(call.tool_name, call.kind)
            raise AgentTrouble(
                f"The agent used {what} without asking, although its approvals say {mode}."
            )
        message = f"the agent did not ask before {what}, which failed, and may have begun it"
        yield Error(message=message, phase="approval", recoverable=True)

    def _start(self, call_id: str) -> Iterator[AgentEvent]:
        call = self._open[call_id]
        if not call.is_told:
            call.is_told = True
            arguments: Mapping[str, object] = call.arguments
            yield ToolCallStart(
                call_id=call_id,
                tool_name=call.tool_name,
                arguments=arguments,
                parent_call_id=call.parent,
            )

    def _complete(self, call_id: str, status: ToolStatus) -> ToolCallComplete:
        call = self._open.pop(call_id)
        self._ended[call_id] = None
        if len(self._ended) > _MOST_ENDED:
            del self._ended[next(iter(self._ended))]
        result, code = call.output, call.exit_code
        failure = f"exit code {code}" if code else result or "the agent did not say why"
        return ToolCallComplete(
            call_id=call_id,
            tool_name=call.tool_name,
            status=status,
            result=result,
            error=failure if status == "error" else None,
            duration_ms=round((self._clock.monotonic() - call.started) * 1000),
        )

    def _status(self, call: ToolCall) -> ToolStatus:
        if call.is_denied and call.exit_code is None:
            return "denied"
        if call.status == "failed" or call.exit_code:
            return "error"
        is_known = call.exit_code is not None or not self._is_broken_off
        return "ok" if is_known else "outcome_unknown"
