"""Carries out the tool calls of one answer, side by side, each with its events in pairs."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from application.react_group import together
from application.react_plan import PlanProgress
from application.react_text_joiner import JOIN_S, joined_text
from domain.approval import ApprovalRequest
from domain.approval_policy import approval_mode
from domain.errors import AgentcastError, ToolError
from domain.ids import CallId
from domain.task import Task
from domain.tool_events import ToolCallComplete, ToolCallStart, ToolCallStream, ToolStatus
from domain.whole_text import whole_text
from ports.clock import Clock
from ports.id_source import IdSource
from ports.language_model import ToolCall, ToolMessage
from ports.runner import RunContext
from ports.tool import Tool, ToolContext, ToolResult, ToolSpec

log = logging.getLogger(__name__)

MAX_AT_ONCE = 8
MAX_RESULT_CHARS = 64 * 1024
_MAX_QUOTED_CHARS = 200
_CUT_NOTE = "\n[this is not all: the result was cut]"

_CANCELLED = "cancelled"
_CUT_OFF = (
    "cancelled while it was carried out: it may have had its effect in part, "
    "look before doing it again"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What came of a call; `error` stands for a call that was not carried out."""

    result: ToolResult
    error: str | None = None
    is_denied: bool = False

    @property
    def status(self) -> ToolStatus:
        if self.is_denied:
            return "denied"
        return "error" if self.error or self.result.is_error else "ok"

    @property
    def observation(self) -> str:
        if self.error is not None:
            return f"Error: {self.error}"
        return self.result.content + _CUT_NOTE * self.result.truncated


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRun:
    """Whose calls they are."""

    task: Task
    context: RunContext
    plan: PlanProgress
    begun: list[CallId] = field(default_factory=list)
    """Those of which a watcher was told."""


class ToolCalls:
    def __init__(
        self, tools: Sequence[Tool], *, clock: Clock, ids: IdSource, join_s: float = JOIN_S
    ) -> None:
        self._tools: Mapping[str, Tool] = {tool.spec.name: tool for tool in tools}
        self._clock = clock
        self._ids = ids
        self._join_s = join_s

    @property
    def specs(self) -> Sequence[ToolSpec]:
        return [tool.spec for tool in self._tools.values()]

    async def carry_out(self, calls: Sequence[ToolCall], run: ToolRun) -> Sequence[ToolMessage]:
        """What the model is told of each call, in the order it asked for them."""
        gate = asyncio.Semaphore(MAX_AT_ONCE)

        async def one(call: ToolCall) -> ToolMessage:
            async with gate:
                told = await self._told_with_events(call, run)
            return ToolMessage(call_id=call.call_id, content=told.observation)

        async with together() as group:
            running = [group.create_task(one(call)) for call in calls]
        return [task.result() for task in running]

    async def _told_with_events(self, call: ToolCall, run: ToolRun) -> _Told:
        # The model's ids may come again in another task of the session; these never do.
        call_id = self._ids.call_id()
        started = self._clock.monotonic()
        told = _failed(_CANCELLED)
        try:
            await run.context.emit(
                ToolCallStart(
                    call_id=call_id, tool_name=call.tool_name, arguments=call.arguments or {}
                )
            )
            run.begun.append(call_id)
            # A call whose beginning is not in the log would be made twice after a crash.
            await run.context.recorded()
            refusal = await self._refusal(call, call_id, run)
            told = refusal or _failed(_CUT_OFF)
            if refusal is None:
                told = await self._told(call, call_id, run)
        finally:
            await run.context.emit(
                ToolCallComplete(
                    call_id=call_id,
                    tool_name=call.tool_name,
                    status=told.status,
                    result=told.result.content,
                    error=told.error,
                    truncated=told.result.truncated or None,
                    duration_ms=round((self._clock.monotonic() - started) * 1000),
                )
            )
        return told

    async def _refusal(self, call: ToolCall, call_id: CallId, run: ToolRun) -> _Told | None:
        """Why it is not carried out, or None."""
        if (tool := self._tools.get(call.tool_name)) is None:
            known = ", ".join(self._tools)
            return _failed(f"there is no tool {call.tool_name!r}; there are: {known or 'none'}")
        if call.arguments is None:
            written = call.raw_arguments[:_MAX_QUOTED_CHARS]
            return _failed(f"the arguments are no JSON object: {written}")
        return await _denial(tool.spec, call.arguments, call_id, run)

    async def _told(self, call: ToolCall, call_id: CallId, run: ToolRun) -> _Told:
        tool = self._tools[call.tool_name]
        try:
            result = await self._result(tool, call.arguments or {}, call_id, run)
        except ToolError as error:
            return _failed(str(error))
        except AgentcastError:
            raise
        except Exception:  # boundary: a bug in a tool is the model's to work around
            log.exception("tool %s failed in task %s", call.tool_name, run.task.task_id)
            return _failed("the tool failed unexpectedly")
        return _Told(result=_bounded(result))

    async def _result(
        self,
        tool: Tool,
        arguments: Mapping[str, object],
        call_id: CallId,
        run: ToolRun,
    ) -> ToolResult:
        async def emit(chunk: str) -> None:
            await run.context.emit(ToolCallStream(call_id=call_id, stream="text", chunk=chunk))

        async with joined_text(emit, join_s=self._join_s) as put:
            return await tool.call(
                arguments,
                ToolContext(
                    task_id=run.task.task_id,
                    call_id=call_id,
                    workspace=run.context.workspace,
                    grace_s=run.context.grace_s,
                    stream=put,
                    update_plan=run.plan.update,
                    ask=partial(run.context.ask, call_id=call_id),
                ),
            )


def _failed(error: str) -> _Told:
    return _Told(result=ToolResult(content="", is_error=True), error=error)


async def _denial(
    tool: ToolSpec,
    arguments: Mapping[str, object],
    call_id: CallId,
    run: ToolRun,
) -> _Told | None:
    """None when it may be done. Nothing is asked, and no event made, where nobody minds."""
    rules = run.context.profile.approvals
    mode = approval_mode(rules, asked=run.task.approval, tool_name=tool.name, effects=tool.effects)
    if mode == "auto":
        return None
    decision = await run.context.approve(
        ApprovalRequest(
            call_id=call_id,
            tool_name=tool.name,
            arguments=arguments,
            reason=f"the agent wants to use {tool.name}",
            mode=mode,
        )
    )
    if decision.is_approved:
        # A yes that is not in the log would let the call look as if it was never made.
        await run.context.recorded()
        return None
    why = f": {decision.reason}" if decision.reason else ""
    answer = f"this call was not allowed ({decision.decision} by {decision.by}){why}"
    return replace(_failed(answer), is_denied=True)


def _bounded(result: ToolResult) -> ToolResult:
    content = whole_text(result.content[:MAX_RESULT_CHARS])
    is_cut = len(result.content) > MAX_RESULT_CHARS
    return replace(result, content=content, truncated=result.truncated or is_cut)
