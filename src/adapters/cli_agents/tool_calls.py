"""Joins the tool calls of an agent with their results; each start and end is reported once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from adapters.system.schema_drift import Read, UnknownShape
from domain.events import AgentEvent
from domain.tool_events import ToolCallComplete, ToolCallStart, ToolCallStream, ToolStatus
from ports.clock import Clock


@dataclass(slots=True, kw_only=True)
class _OpenCall:
    tool_name: str
    started: float
    streamed: int = 0


class ToolCalls:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, _OpenCall] = {}

    def is_open(self, call_id: str) -> bool:
        return call_id in self._open

    @property
    def any_open(self) -> bool:
        return bool(self._open)

    def start(
        self,
        call_id: str,
        *,
        tool_name: str,
        arguments: Mapping[str, object],
        parent: str | None = None,
    ) -> Iterator[AgentEvent]:
        """`parent` is the call of the subagent that makes it.

        No event for a call that is open already: agents repeat them.
        """
        if call_id in self._open:
            return
        self._open[call_id] = _OpenCall(tool_name=tool_name, started=self._clock.monotonic())
        yield ToolCallStart(
            call_id=call_id, tool_name=tool_name, arguments=arguments, parent_call_id=parent
        )

    def stream(self, call_id: str, *, output: str) -> Iterator[AgentEvent]:
        """`output` is all of it so far; only the new part is reported."""
        call = self._open.get(call_id)
        if call and len(output) > call.streamed:
            chunk, call.streamed = output[call.streamed :], len(output)
            yield ToolCallStream(call_id=call_id, stream="stdout", chunk=chunk)

    def complete(
        self, call_id: str, *, status: ToolStatus, result: str, error: str | None = None
    ) -> Iterator[Read]:
        call = self._open.pop(call_id, None)
        if call is None:
            yield UnknownShape("a result of no open tool call")
            return
        yield ToolCallComplete(
            call_id=call_id,
            tool_name=call.tool_name,
            status=status,
            result=result,
            error=error,
            duration_ms=round((self._clock.monotonic() - call.started) * 1000),
        )

    def end(self) -> list[AgentEvent]:
        """Completes open calls with an unknown outcome."""
        left = [self.complete(id_, status="outcome_unknown", result="") for id_ in [*self._open]]
        return [
            event for events in left for event in events if not isinstance(event, UnknownShape)
        ]
