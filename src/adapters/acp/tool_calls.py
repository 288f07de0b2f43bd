"""The tool calls of an agent: each start and result is reported once, and checked for permission."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from adapters.acp.approval_rules import ApprovalRules
from adapters.acp.messages import JsonObject, ProtocolError
from adapters.acp.tool_call import ToolCall
from adapters.system.schema_drift import UnknownShape
from domain.events import AgentEvent
from domain.task_events import Error
from domain.tool_events import ToolCallComplete, ToolCallStart, ToolCallStream, ToolStatus
from ports.clock import Clock

_MOST_UNCLAIMED: Final = 1024 * 1024  # characters of a terminal without a call
_MOST_UNCLAIMED_TERMINALS: Final = 64  # terminals without a call
_MOST_ENDED: Final = 4096  # calls whose late updates are ignored


class ToolCalls:
    def __init__(self, clock: Clock, *, rules: ApprovalRules) -> None:
        self._clock = clock
        self._rules = rules
        self._open: dict[str, ToolCall] = {}
        self._ended: dict[str, None] = {}
        self._is_cancelled = False
        self._unclaimed: dict[str, str] = {}

    def update(self, update: JsonObject) -> Iterator[AgentEvent | UnknownShape]:
        match update:
            case {"toolCallId": str(call_id)} if call_id:
                yield from self._update(call_id, update)
            case _:
                yield UnknownShape("a tool call without an id")

    def start(self, call_id: str) -> Iterator[AgentEvent]:
        """Report the start of a call whose permission is requested."""
        if call_id in self._open:
            yield from self._start(call_id)

    def start_all(self) -> Iterator[AgentEvent]:
        """Report the start of all open calls: the agent has continued after announcing them."""
        for call_id in [*self._open]:
            yield from self._start(call_id)

    def turn_cancelled(self) -> None:
        """Some agents report interrupted calls as completed."""
        self._is_cancelled = True

    def get(self, call_id: str) -> ToolCall | None:
        return self._open.get(call_id)

    def mentioning(self, text: str) -> Sequence[str]:
        """Ids of open calls with this exact text among their values."""
        return [call_id for call_id, call in self._open.items() if call.mentions(text)]

    def allow(self, call_id: str, arguments: Mapping[str, object]) -> None:
        if call := self._open.get(call_id):
            call.allow(arguments)

    def use_allowance(self, text: str) -> bool:
        return any(call.use_allowance(text) for call in self._open.values())

    def deny(self, call_id: str) -> None:
        if call := self._open.get(call_id):
            call.is_denied = True

    def end(self) -> Iterator[AgentEvent]:
        """Complete open calls with an unknown outcome."""
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
            output = self._unclaimed.get(terminal_id, "") + text
            self._unclaimed[terminal_id] = output[-_MOST_UNCLAIMED:]
            if len(self._unclaimed) > _MOST_UNCLAIMED_TERMINALS:
                del self._unclaimed[next(iter(self._unclaimed))]

    def unclaimed_output(self) -> Iterator[str]:
        while self._unclaimed:
            yield self._unclaimed.popitem()[1]

    def _update(self, call_id: str, update: JsonObject) -> Iterator[AgentEvent]:
        if call_id in self._ended:
            return
        call = self._open.setdefault(call_id, ToolCall(started=self._clock.monotonic()))
        call.merge(update)
        if not call.awaits_arguments:
            yield from self._start(call_id)
        for terminal_id in call.terminals:
            call.is_allowed = True  # else the terminal would not have been created
            yield from self.terminal_output(terminal_id, self._unclaimed.pop(terminal_id, ""))
        if call.status in ("completed", "failed"):
            yield self._complete(call_id, self._status(call))
            yield from self._check_permission(call)
        elif call.is_reported and (chunk := call.new_output()):
            yield ToolCallStream(call_id=call_id, stream="text", chunk=chunk)

    def _check_permission(self, call: ToolCall) -> Iterator[Error]:
        """Raises ProtocolError for a call that ran against the rules.

        A failed call may have been refused by the agent itself, without asking.
        """
        what = f"{call.tool_name} ({call.title})" if call.title else call.tool_name
        if call.is_denied and call.exit_code is not None:
            raise ProtocolError(f"The agent used {what} although it was refused that.")
        if (
            call.is_allowed
            or call.is_denied
            or not self._rules.needs_question(call.tool_name, call.kind)
        ):
            return
        if call.status == "completed" or call.exit_code is not None:
            mode = self._rules.mode(call.tool_name, call.kind)
            raise ProtocolError(
                f"The agent used {what} without asking, although its approvals say {mode}."
            )
        message = f"the agent did not ask before {what}, which failed, and may have begun it"
        yield Error(message=message, phase="approval", recoverable=True)

    def _start(self, call_id: str) -> Iterator[AgentEvent]:
        call = self._open[call_id]
        if not call.is_reported:
            call.is_reported = True
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
        is_known = call.exit_code is not None or not self._is_cancelled
        return "ok" if is_known else "outcome_unknown"
