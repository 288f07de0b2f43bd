"""One task of the ReAct agent: a conversation that grows until the model calls no tool."""

from collections.abc import Sequence
from dataclasses import replace

from application.react_model_calls import ModelCalls, Thought
from application.react_prompt import system_prompt
from application.react_tool_calls import ToolCalls
from domain.task import Task
from domain.thinking_events import IterationComplete, IterationStart, TokenUsage
from domain.usage import Usage
from ports.language_model import (
    AssistantMessage,
    ModelMessage,
    ModelRequest,
    ModelUsage,
    SystemMessage,
    ToolCall,
    UserMessage,
)
from ports.runner import RunContext


class ReactRun:
    def __init__(
        self, task: Task, context: RunContext, *, models: ModelCalls, tools: ToolCalls
    ) -> None:
        self._task = task
        self._context = context
        self._models = models
        self._tools = tools
        prompt = system_prompt(tools.specs, workspace=context.workspace)
        self._messages: list[ModelMessage] = [
            SystemMessage(content=prompt),
            UserMessage(content=task.text),
        ]
        self._usage = Usage()
        self._tool_calls = 0

    async def iterate(self, iteration: int, *, most: int) -> str | None:
        """Think once and carry out what was thought of; the final answer if that was it."""
        tokens_before, self._tool_calls = self._usage.total_tokens, 0
        try:
            await self._context.emit(IterationStart(iteration=iteration, max_iterations=most))
            thought = await self._think(iteration)
            if not thought.tool_calls:
                return thought.content
            await self._act(thought.tool_calls)
            return None
        finally:
            await self._context.emit(
                IterationComplete(
                    iteration=iteration,
                    tool_calls=self._tool_calls,
                    tokens_used=self._usage.total_tokens - tokens_before,
                )
            )

    async def _think(self, iteration: int) -> Thought:
        request = ModelRequest(
            messages=tuple(self._messages),
            tools=self._tools.specs,
            model=self._context.profile.model,
        )
        thought = await self._models.think(request, iteration=iteration, context=self._context)
        if thought.usage:
            await self._count(thought.usage)
        self._messages.append(
            AssistantMessage(
                content=thought.content,
                tool_calls=tuple(thought.tool_calls),
                kept_reasoning=thought.kept_reasoning,
            )
        )
        return thought

    async def _count(self, reported: ModelUsage) -> None:
        used = reported.usage
        # A server's own total may count otherwise; the task's is the sum of what is shown.
        used = replace(used, total_tokens=used.input_tokens + used.output_tokens)
        self._usage = self._usage.plus(used)
        await self._context.emit(
            TokenUsage(
                model=reported.model,
                input_tokens=used.input_tokens,
                output_tokens=used.output_tokens,
                cached_input_tokens=used.cached_input_tokens,
                reasoning_tokens=used.reasoning_tokens,
                cost_usd=used.cost_usd,
                total_tokens=self._usage.total_tokens,
                total_cost_usd=self._usage.cost_usd,
            )
        )

    async def _act(self, calls: Sequence[ToolCall]) -> None:
        self._tool_calls = len(calls)
        self._messages += await self._tools.carry_out(
            calls, task_id=self._task.task_id, context=self._context
        )
