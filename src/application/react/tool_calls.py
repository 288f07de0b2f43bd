"""Carries out the tool calls of one answer, side by side; each start event has its complete."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from application.asking.fingerprint import canonical_json
from application.concurrency.task_group import together
from application.react.text_joiner import JOIN_S, joined_text
from application.react.tool_outcome import ToolOutcome, bounded, failed
from application.recall.conversation import NOT_MADE, UNANSWERED
from application.recall.plan import PlanProgress
from application.recall.prior_attempts import WaitingCall
from domain.approval import ApprovalRequest, StoredApproval, approval_mode
from domain.errors import AgentcastError, ToolError
from domain.ids import CallId
from domain.task import Task
from domain.tool_events import OutputStream, ToolCallComplete, ToolCallStart, ToolCallStream
from ports.clock import Clock
from ports.id_source import IdSource
from ports.language_model import ToolCall, ToolMessage
from ports.runner import RunContext
from ports.tool import Tool, ToolContext, ToolResult, ToolSpec

log = logging.getLogger(__name__)

MAX_AT_ONCE = 8
_MAX_QUOTED_CHARS = 200

_CANCELLED = "cancelled"
_CUT_OFF = (
    "cancelled while it was carried out: it may have had its effect in part, "
    "look before doing it again"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRun:
    """What the calls of one run share."""

    task: Task
    context: RunContext
    plan: PlanProgress
    started: list[CallId] = field(default_factory=list)
    """The calls whose start was emitted."""
    asking: set[CallId] = field(default_factory=set)
    """The calls that ask a person a question, or wait for their turn to."""

    @property
    def is_to_be_resumed(self) -> bool:
        """The run ends while a call waits for an answer that a later attempt will have."""
        return any(map(self.context.is_kept, self.started))


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
        """The result message of each call, in the order of the calls."""
        gate = asyncio.Semaphore(MAX_AT_ONCE)

        async def one(call: ToolCall) -> ToolMessage:
            async with gate:
                outcome = await self._call_with_new_id(call, run)
            return ToolMessage(call_id=call.call_id, content=outcome.observation)

        async with together() as group:
            running = [group.create_task(one(call)) for call in calls]
        return [task.result() for task in running]

    async def resume(self, waiting: WaitingCall, run: ToolRun) -> ToolMessage:
        """The result message of a call that an earlier attempt left waiting for an answer."""
        start, call_id = waiting.start, CallId(waiting.start.call_id)
        call = ToolCall(
            call_id=call_id,
            tool_name=start.tool_name,
            arguments=start.arguments,
            raw_arguments=canonical_json(start.arguments),
        )
        run.started.append(call_id)
        outcome = await self._complete(call, call_id, run, waiting=waiting)
        return ToolMessage(call_id=call_id, content=outcome.observation)

    async def _call_with_new_id(self, call: ToolCall, run: ToolRun) -> ToolOutcome:
        # The model's ids may come again in another task of the session; these never do.
        call_id = self._ids.call_id()
        return await self._complete(call, call_id, run)

    async def _complete(
        self,
        call: ToolCall,
        call_id: CallId,
        run: ToolRun,
        *,
        waiting: WaitingCall | None = None,
    ) -> ToolOutcome:
        started = self._clock.monotonic()
        outcome = failed(_CANCELLED)
        is_made = False
        try:
            if waiting is None:
                await self._begin(call, call_id, run)
            refusal = await self._refusal(call, call_id, run, waiting)
            outcome = refusal or failed(_CUT_OFF)
            if refusal is None:
                is_made = True
                outcome = await self._call_tool(call, call_id, run)
        except asyncio.CancelledError:
            # In line behind the call that is kept: the model of the next attempt may ask again.
            if run.is_to_be_resumed and not is_made:
                outcome = failed(NOT_MADE)
            elif run.is_to_be_resumed and call_id in run.asking:
                outcome = failed(UNANSWERED)
            raise
        finally:
            if not run.context.is_kept(call_id):
                await run.context.emit(
                    ToolCallComplete(
                        call_id=call_id,
                        tool_name=call.tool_name,
                        status=outcome.status,
                        result=outcome.result.content,
                        error=outcome.error,
                        truncated=outcome.result.truncated or None,
                        duration_ms=round((self._clock.monotonic() - started) * 1000),
                    )
                )
        return outcome

    async def _begin(self, call: ToolCall, call_id: CallId, run: ToolRun) -> None:
        await run.context.emit(
            ToolCallStart(
                call_id=call_id, tool_name=call.tool_name, arguments=call.arguments or {}
            )
        )
        run.started.append(call_id)
        # A call whose start is not in the log would be made twice after a crash.
        await run.context.recorded()

    async def _refusal(
        self, call: ToolCall, call_id: CallId, run: ToolRun, waiting: WaitingCall | None
    ) -> ToolOutcome | None:
        """Why the call is not carried out, or None."""
        if (tool := self._tools.get(call.tool_name)) is None:
            known = ", ".join(self._tools)
            return failed(f"there is no tool {call.tool_name!r}; there are: {known or 'none'}")
        if call.arguments is None:
            written = call.raw_arguments[:_MAX_QUOTED_CHARS]
            return failed(f"the arguments are no JSON object: {written}")
        if waiting is not None and waiting.question is None:
            return None  # it was allowed already, and its tool waits for an answer
        asked = waiting.question if waiting else None
        return await _denial(tool.spec, call.arguments, call_id, run, asked)

    async def _call_tool(self, call: ToolCall, call_id: CallId, run: ToolRun) -> ToolOutcome:
        tool = self._tools[call.tool_name]
        try:
            result = await self._result(tool, call.arguments or {}, call_id, run)
        except ToolError as error:
            return failed(str(error))
        except AgentcastError:
            raise
        except Exception:  # boundary: a bug in a tool is the model's to work around
            log.exception("tool %s failed in task %s", call.tool_name, run.task.task_id)
            return failed("the tool failed unexpectedly")
        whole = result.content if result.whole is None else result.whole
        run.context.keep_output(call_id, whole)
        return ToolOutcome(result=bounded(result))

    async def _result(
        self,
        tool: Tool,
        arguments: Mapping[str, object],
        call_id: CallId,
        run: ToolRun,
    ) -> ToolResult:
        async def emit(stream: OutputStream, chunk: str) -> None:
            await run.context.emit(ToolCallStream(call_id=call_id, stream=stream, chunk=chunk))

        async def ask(question: str, *, choices: Sequence[str] = ()) -> str:
            run.asking.add(call_id)
            answer = await run.context.ask(question, choices=choices, call_id=call_id)
            run.asking.discard(call_id)
            return answer

        async with joined_text(emit, join_s=self._join_s) as put:

            async def stream(text: str, *, of: OutputStream = "text") -> None:
                await put(of, text)

            return await tool.call(
                arguments,
                ToolContext(
                    task_id=run.task.task_id,
                    call_id=call_id,
                    profile=run.context.profile,
                    workspace=run.context.workspace,
                    grace_s=run.context.grace_s,
                    stream=stream,
                    update_plan=run.plan.update,
                    ask=ask,
                ),
            )


async def _denial(
    tool: ToolSpec,
    arguments: Mapping[str, object],
    call_id: CallId,
    run: ToolRun,
    asked: StoredApproval | None,
) -> ToolOutcome | None:
    """None when the call is allowed. Without a rule for it nobody is asked, and nothing is emitted."""
    rules = run.context.profile.approvals
    mode = approval_mode(rules, asked=run.task.approval, tool_name=tool.name, effects=tool.effects)
    if mode == "auto" and asked is None:
        return None
    request = ApprovalRequest(
        call_id=call_id,
        tool_name=tool.name,
        arguments=arguments,
        reason=f"the agent wants to use {tool.name}",
        mode=mode,
    )
    decision = await run.context.approve(request, asked=asked)
    if decision.is_approved:
        # An approval that is not in the log would let the call look as if it was never made.
        await run.context.recorded()
        return None
    why = f": {decision.reason}" if decision.reason else ""
    answer = f"this call was not allowed ({decision.decision} by {decision.by}){why}"
    return replace(failed(answer), is_denied=True)
