"""The ReAct agent: it thinks, calls tools, reads their results, and thinks again."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from application.react.analysis import Analysis
from application.react.model_calls import ModelCalls
from application.react.retry import Retry
from application.react.run import ReactRun
from application.react.text_joiner import JOIN_S
from application.react.tool_calls import ToolCalls
from application.recall.prior_attempts import PriorAttempts
from application.recall.session_memory import Memory, SessionMemory
from domain.agent_profile import AgentProfile
from domain.approval import DEFAULT_RULE, EVERY_EFFECT
from domain.errors import ModelError, StartFailed
from domain.ids import TaskId
from domain.task import Task
from ports.clock import Clock
from ports.id_source import IdSource
from ports.language_model import LanguageModel
from ports.runner import Completed, Failed, Outcome, RunContext
from ports.tool import Tool
from ports.tool_source import ToolSource

DEFAULT_ITERATIONS = 20
WINDOW_TOKENS = 100_000


class ReactRunner:
    def __init__(
        self,
        *,
        model: LanguageModel,
        tools: Sequence[Tool],
        further_tools: ToolSource | None = None,
        memory: SessionMemory,
        clock: Clock,
        ids: IdSource,
        retry: Retry | None = None,
        join_s: float = JOIN_S,
        window_tokens: int = WINDOW_TOKENS,
    ) -> None:
        """Streamed text is joined into one event for at most `join_s`."""
        self._models = ModelCalls(model, retry=retry or Retry(), ids=ids, join_s=join_s)
        self._analysis = Analysis(model)
        self._tools = AgentTools(tools, further=further_tools)
        self._memory = memory
        self._clock = clock
        self._join_s = join_s
        self._ids = ids
        self._window_tokens = window_tokens

    async def run(self, task: Task, context: RunContext) -> Outcome:
        memory = await self._memory.of(task)
        if (failure := await self._begin(task, memory.past, context)) is not None:
            return failure
        if memory.past.answer is not None:
            return Completed(
                final_answer=memory.past.answer, total_iterations=memory.past.iterations
            )
        async with self._tools.open(
            profile=context.profile, task_id=task.task_id, workspace=context.workspace
        ) as tools:
            run = self._run(task, context, memory, tools)
            await run.resume(memory.past)
            return await _iterate(run, context, done=memory.past.iterations)

    async def _begin(self, task: Task, past: PriorAttempts, context: RunContext) -> Failed | None:
        """Describe a new task; emit the end events that an earlier attempt could not."""
        failure = None
        if not past.has_begun:
            failure = await self._analysis.emit(task.text, context)
        for event in past.endings():
            await context.emit(event)
        return failure

    def _run(
        self,
        task: Task,
        context: RunContext,
        memory: Memory,
        tools: Sequence[Tool],
    ) -> ReactRun:
        calls = ToolCalls(tools, clock=self._clock, ids=self._ids, join_s=self._join_s)
        return ReactRun(
            task,
            context,
            models=self._models,
            tools=calls,
            ids=self._ids,
            memory=memory,
            window_tokens=self._window_tokens,
        )


async def _iterate(run: ReactRun, context: RunContext, *, done: int) -> Outcome:
    limit = context.ledger.limits.iterations
    most = DEFAULT_ITERATIONS if limit is None else limit
    try:
        for iteration in range(done + 1, most + 1):
            answer = await run.iterate(iteration, most=most)
            if answer is not None:
                return Completed(final_answer=answer, total_iterations=iteration)
            if run.failure is not None:
                return run.failure
    except ModelError as error:
        return Failed(error=str(error), reason="model_error")
    return Failed(error=f"no final answer within {most} iterations", reason="limit.iterations")


class AgentTools:
    def __init__(self, tools: Sequence[Tool], *, further: ToolSource | None = None) -> None:
        self._tools = {tool.spec.name: tool for tool in tools}
        self._further = further

    @asynccontextmanager
    async def open(
        self, *, profile: AgentProfile, task_id: TaskId, workspace: str
    ) -> AsyncIterator[Sequence[Tool]]:
        """The tools that the profile names, or those that are there by default, and the source's.

        Raises StartFailed for an unknown tool, also in a rule for approvals, and for a source that
        cannot be used.
        """
        own = self._own(profile)
        if self._further is None:
            self._check_rules(profile, ())
            yield own
            return
        async with self._further.open(
            profile=profile, task_id=task_id, workspace=workspace
        ) as further:
            self._check_rules(profile, further)
            yield [*own, *further]

    def _check_rules(self, profile: AgentProfile, further: Sequence[Tool]) -> None:
        """A rule with a misspelled name would let the tool that it means run without approval."""
        tools = [*self._tools, *(tool.spec.name for tool in further)]
        for name in profile.approvals:
            if name not in (DEFAULT_RULE, *EVERY_EFFECT, *tools):
                known = ", ".join((*tools, *sorted(EVERY_EFFECT), DEFAULT_RULE))
                raise StartFailed(
                    f"approvals: there is no tool or effect {name!r}; there are: {known}"
                )

    def _own(self, profile: AgentProfile) -> Sequence[Tool]:
        if profile.tools is None:
            return [tool for tool in self._tools.values() if tool.spec.by_default]
        if unknown := [name for name in profile.tools if name not in self._tools]:
            known = ", ".join(self._tools)
            raise StartFailed(f"there is no tool {unknown[0]!r}; there are: {known}")
        return [self._tools[name] for name in profile.tools]
