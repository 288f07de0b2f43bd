"""One task of the ReAct agent: a conversation that grows until the model calls no tool."""

from collections import deque
from dataclasses import replace

from application.asking.fingerprint import fingerprint
from application.react.model_calls import (
    CONTINUE,
    CUT,
    ModelCalls,
    Thought,
    require_text,
    with_cut_note,
)
from application.react.prompt import system_prompt
from application.react.tool_calls import ToolCalls, ToolRun
from application.react.window import fitted, size_of_tools
from application.recall.plan import PlanProgress
from application.recall.prior_attempts import PriorAttempts
from application.recall.session_memory import Memory
from domain.task import Task
from domain.task_events import Error, Progress
from domain.thinking_events import IterationComplete, IterationStart, Message
from ports.id_source import IdSource
from ports.language_model import (
    AssistantMessage,
    ModelMessage,
    ModelRequest,
    SystemMessage,
    ToolCall,
    ToolMessage,
    UserMessage,
)
from ports.runner import Failed, RunContext

WARNED_AT = 3
FAILED_AT = 5
_LOOKED_AT = 24  # calls: two or three that take turns are noticed as well


class ReactRun:
    def __init__(
        self,
        task: Task,
        context: RunContext,
        *,
        models: ModelCalls,
        tools: ToolCalls,
        ids: IdSource,
        memory: Memory,
        window_tokens: int,
    ) -> None:
        self._tool_run = ToolRun(
            task=task, context=context, plan=PlanProgress(context, emitted=memory.past.plan)
        )
        self._context = context
        self._models = models
        self._tools = tools
        self._ids = ids
        self._window_tokens = window_tokens
        prompt = system_prompt(tools.specs, workspace=context.workspace)
        self._messages: list[ModelMessage] = [
            SystemMessage(content=prompt),
            *memory.earlier,
            UserMessage(content=task.text),
            *memory.own,
        ]
        self._asked_at = len(memory.earlier) + 1
        self._repetition = Repetition()
        self._cut_text = ""
        """The text so far of an answer that was cut."""
        self._cut_message_id = ""
        """The id of the message that this text begins."""
        self.failure: Failed | None = None
        """Why the task cannot go on."""

    async def resume(self, past: PriorAttempts) -> None:
        """Carry out the call that an earlier attempt left waiting for an answer, if there is one."""
        if past.waiting is None:
            return
        try:
            message = await self._tools.resume(past.waiting, self._tool_run)
            self._messages = [
                message if isinstance(one, ToolMessage) and one.call_id == message.call_id else one
                for one in self._messages
            ]
        finally:
            if not self._tool_run.is_to_be_resumed:
                await self._context.emit(past.end_of_iteration())

    async def iterate(self, iteration: int, *, most: int) -> str | None:
        """Think once and carry out the calls of the thought; the final answer if there are none."""
        await self._context.pause_point()
        tokens_before, calls_before = (
            self._context.ledger.usage.total_tokens,
            len(self._tool_run.started),
        )
        try:
            await self._context.emit(IterationStart(iteration=iteration, max_iterations=most))
            await self._fit()
            thought = await self._think(iteration)
            if thought.is_cut and not thought.tool_calls:
                self._messages.append(CONTINUE)
                return None
            answer, self._cut_text = self._cut_text + thought.content, ""
            if not thought.tool_calls:
                return answer
            if (passed := self._context.ledger.passed) is not None:
                self.failure = Failed.by_limit(passed)
                return None
            await self._act(thought)
            return None
        finally:
            if not self._tool_run.is_to_be_resumed:
                await self._context.emit(
                    IterationComplete(
                        iteration=iteration,
                        tool_calls=len(self._tool_run.started) - calls_before,
                        tokens_used=self._context.ledger.usage.total_tokens - tokens_before,
                    )
                )

    async def _fit(self) -> None:
        """What is dropped from the conversation stays out of it, so it is reported once."""
        fit = fitted(
            self._messages,
            asked_at=self._asked_at,
            most_tokens=self._window_tokens,
            besides=size_of_tools(self._tools.specs),
        )
        if (note := fit.note) is not None:
            self._messages = list(fit.messages)
            self._asked_at = fit.asked_at
            await self._context.emit(Progress(message=note, percent=self._tool_run.plan.percent))

    async def _think(self, iteration: int) -> Thought:
        request = ModelRequest(
            messages=tuple(self._messages),
            tools=self._tools.specs,
            model=self._context.profile.model,
        )
        thought = await self._models.think(
            request, iteration=iteration, context=self._context, message_id=self._cut_message_id
        )
        await self._emit_message(thought)
        if thought.usage:
            used = thought.usage
            await self._context.emit(self._context.ledger.usage_event(used.model, used.usage))
        if thought.is_cut:
            await self._context.emit(CUT)
            if not thought.tool_calls:
                require_text(thought.content)
        self._messages.append(
            AssistantMessage(
                content=thought.content,
                tool_calls=tuple(thought.tool_calls),
                kept_reasoning=thought.kept_reasoning,
            )
        )
        return thought

    async def _emit_message(self, thought: Thought) -> None:
        """An answer is emitted even if it is empty, as a later attempt must see it; one that was cut
        is emitted when it is whole.
        """
        content = self._cut_text + thought.content
        message_id, self._cut_message_id = thought.message_id, ""
        if thought.is_cut and not thought.tool_calls:
            self._cut_text, self._cut_message_id = content, message_id
        elif content or not thought.tool_calls:
            message_id = message_id or self._ids.message_id()
            await self._context.emit(
                Message(message_id=message_id, role="assistant", content=content)
            )

    async def _act(self, thought: Thought) -> None:
        """Carry out as many calls as the limit allows; with fewer than asked for the task ends."""
        await self._context.pause_point()
        calls = thought.tool_calls[: self._context.ledger.tool_calls_left]
        if len(calls) < len(thought.tool_calls):
            self.failure = Failed.by_limit("limit.tool_calls")
        results = await self._tools.carry_out(calls, self._tool_run)
        if thought.is_cut and results:
            results = with_cut_note(results)
        for call, message in zip(calls, results, strict=True):
            self._messages.append(await self._checked(call, message))

    async def _checked(self, call: ToolCall, result: ToolMessage) -> ToolMessage:
        """The result message of a call, with a warning where the agent repeats itself."""
        times = self._repetition.count(call, result)
        if times < WARNED_AT:
            return result
        complaint = warning(call.tool_name, times)
        await self._context.emit(Error(message=complaint, phase="repetition", recoverable=True))
        if times >= FAILED_AT:
            self.failure = Failed(error=complaint, reason="repetition")
        return replace(result, content=f"{result.content}\n[{complaint}]")


class Repetition:
    def __init__(self) -> None:
        self._recent: deque[str] = deque(maxlen=_LOOKED_AT)

    def count(self, call: ToolCall, result: ToolMessage) -> int:
        """How often this call had this result among the last calls, this one included."""
        arguments = call.raw_arguments if call.arguments is None else call.arguments
        one = fingerprint(call.tool_name, {"arguments": arguments, "result": result.content})
        self._recent.append(one)
        return self._recent.count(one)


def warning(tool_name: str, times: int) -> str:
    return (
        f"{tool_name} was called {times} times with the same arguments and the same result: "
        "do something else, or answer with what is known"
    )
