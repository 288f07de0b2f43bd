"""The ReAct agent: it thinks, calls tools, reads what they gave, and thinks again."""

from collections.abc import Sequence

from application.react_model_calls import ModelCalls
from application.react_prompt import analysis_of
from application.react_retry import Retry
from application.react_run import ReactRun
from application.react_text_joiner import JOIN_S
from application.react_tool_calls import ToolCalls
from domain.errors import ModelError
from domain.task import Task
from ports.clock import Clock
from ports.id_source import IdSource
from ports.language_model import LanguageModel
from ports.runner import Completed, Failed, Outcome, RunContext
from ports.tool import Tool

DEFAULT_ITERATIONS = 20


class ReactRunner:
    def __init__(
        self,
        *,
        model: LanguageModel,
        tools: Sequence[Tool],
        clock: Clock,
        ids: IdSource,
        retry: Retry | None = None,
        join_s: float = JOIN_S,
    ) -> None:
        """Text that streams in is joined into events for at most `join_s`."""
        self._models = ModelCalls(model, retry=retry or Retry(), join_s=join_s)
        self._tools = ToolCalls(tools, clock=clock, ids=ids, join_s=join_s)

    async def run(self, task: Task, context: RunContext) -> Outcome:
        limit = context.limits.iterations
        most = DEFAULT_ITERATIONS if limit is None else limit
        await context.emit(analysis_of(task.text))
        run = ReactRun(task, context, models=self._models, tools=self._tools)
        try:
            for iteration in range(1, most + 1):
                answer = await run.iterate(iteration, most=most)
                if answer is not None:
                    return Completed(final_answer=answer, total_iterations=iteration)
        except ModelError as error:
            return Failed(error=str(error), reason="model_error")
        return Failed(error=f"no final answer within {most} iterations", reason="limit.iterations")
