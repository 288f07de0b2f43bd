"""Applies extraction rules to runs that speak in messages instead of lines."""

from application.programs.extracting_context import ExtractingContext
from application.programs.line_extraction import LineExtraction
from application.programs.line_findings import LineFindings
from domain.task import Task
from ports.pattern_matcher import PatternMatcher
from ports.runner import Completed, Outcome, RunContext, Runner


class ExtractingRunner:
    def __init__(self, runner: Runner, *, matcher: PatternMatcher) -> None:
        self._runner = runner
        self._matcher = matcher

    async def run(self, task: Task, context: RunContext) -> Outcome:
        rules = (*context.profile.rules, *task.rules)
        if not rules:
            return await self._runner.run(task, context)
        findings = LineFindings(context, LineExtraction(rules, self._matcher))
        extracting = ExtractingContext(context, findings)
        outcome = await self._runner.run(task, extracting)
        if isinstance(outcome, Completed):
            await extracting.answered(outcome.final_answer)
        return outcome
