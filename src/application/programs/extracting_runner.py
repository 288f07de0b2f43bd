"""Applies extraction rules to agents that report messages instead of lines."""

from application.programs.line_findings import LineExtraction, LineFindings
from domain.events import AgentEvent
from domain.process_events import Log
from domain.task import Task
from domain.thinking_events import Message
from domain.tool_events import ToolCallComplete
from ports.pattern_matcher import PatternMatcher
from ports.runner import Completed, Outcome, RunContext, Runner


class ExtractingRunner:
    """A finding is emitted right after the event it was found in."""

    def __init__(self, runner: Runner, *, matcher: PatternMatcher) -> None:
        self._runner = runner
        self._matcher = matcher

    async def run(self, task: Task, context: RunContext) -> Outcome:
        rules = (*context.profile.rules, *task.rules)
        if not rules:
            return await self._runner.run(task, context)
        texts = _Texts(LineFindings(context, LineExtraction(rules, self._matcher)))
        context.follow(texts.look)
        outcome = await self._runner.run(task, context)
        if isinstance(outcome, Completed):
            await texts.answered(outcome.final_answer)
        return outcome


class _Texts:
    """Numbers the texts of a run: each message and result counts as one line."""

    def __init__(self, findings: LineFindings) -> None:
        self._findings = findings
        self._count = 0
        self._last_message = ""

    async def look(self, event: AgentEvent) -> None:
        if isinstance(event, Log):
            await self._findings.in_log(event)
        elif isinstance(event, Message):
            self._last_message = event.content
            await self._look_in(event.content)
        elif isinstance(event, ToolCallComplete):
            await self._look_in(event.result)

    async def answered(self, answer: str) -> None:
        """The answer that the run ends with may have been a message already."""
        if answer != self._last_message:
            await self._look_in(answer)

    async def _look_in(self, text: str) -> None:
        self._count += 1
        await self._findings.in_text(text, line_num=self._count)
