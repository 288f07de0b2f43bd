"""Carries out a task by running a program, and turns its output into events."""

from dataclasses import replace

from application.programs.command_line import (
    command_of,
    displayed_command,
    has_other_home,
    resumes_latest,
    thread_to_resume,
)
from application.programs.line_findings import LineExtraction, LineFindings
from application.programs.outcome_rules import OutcomeRules, RuledReading
from application.programs.output_log import OutputLog
from application.programs.output_reading import OutputReading
from application.programs.parsed_output import ParsedOutput
from application.programs.process_dialogue import ProcessDialogue
from application.programs.process_outcome import (
    outcome_of_agent,
    outcome_of_command,
    outcome_of_rule,
)
from application.programs.resumption import is_of_agent, reports_lost_thread
from application.programs.setup_command import SetupCommand
from application.programs.supervision import Supervision
from domain.agent_profile import AgentProfile
from domain.agent_thread import LATEST, AgentThread
from domain.errors import StartFailed
from domain.task import Task
from domain.task_events import Error
from ports.agent_dialogue import AgentDialogue, AgentDialogues
from ports.clock import Clock
from ports.homes import Homes
from ports.output_parser import OutputParser, OutputParsers
from ports.pattern_matcher import PatternMatcher
from ports.process import Command, Exit
from ports.runner import Failed, Outcome, RunContext


class CommandRunner:
    """For agents of the kind `shell`, whose tasks are command lines, of the kind `command`, and of
    the kinds for whose output there is a parser.
    """

    def __init__(
        self,
        *,
        supervision: Supervision,
        setup: SetupCommand,
        homes: Homes,
        parsers: OutputParsers,
        dialogues: AgentDialogues,
        matcher: PatternMatcher,
        clock: Clock,
    ) -> None:
        self._supervision = supervision
        self._setup = setup
        self._homes = homes
        self._parsers = parsers
        self._dialogues = dialogues
        self._matcher = matcher
        self._clock = clock

    async def run(self, task: Task, context: RunContext) -> Outcome:
        try:
            return await self._run(task, context)
        except StartFailed as error:
            return Failed(error=str(error), reason="start_failed", exit_code=error.exit_code)

    async def _run(self, task: Task, context: RunContext) -> Outcome:
        kept = context.thread
        thread = thread_to_resume(context.profile, kept)
        lines = await self._setup.run(task, context)
        outcome, reading = await self._start(task, context, thread=thread, lines_before=lines)
        if not isinstance(reading, ParsedOutput):
            await _forget_lost(thread, context, outcome)
        elif thread is not None and reading.resumption.has_lost(thread, outcome):
            return await self._start_new_thread(
                task, context, lost=thread, lines=reading.line_count
            )
        if kept is None and context.thread == LATEST and _is_failure_of_agent(outcome):
            await context.forget_thread()  # there may be none
        return outcome

    async def _start_new_thread(
        self, task: Task, context: RunContext, *, lost: AgentThread, lines: int
    ) -> Outcome:
        message = "the agent begins a new conversation, it could not go on with the earlier one"
        await context.emit(Error(message=message, phase="resume", recoverable=True))
        await context.forget_thread()
        outcome, reading = await self._start(task, context, lines_before=lines)
        has_begun = isinstance(reading, ParsedOutput) and reading.resumption.has_begun
        if isinstance(outcome, Failed) and not has_begun:
            await context.keep_thread(lost)  # the conversation was not the cause
        return outcome

    async def _start(
        self,
        task: Task,
        context: RunContext,
        *,
        thread: AgentThread | None = None,
        lines_before: int = 0,
    ) -> tuple[Outcome, OutputReading]:
        profile = context.profile
        protocol = self._protocol(task, profile)
        command = await self._command(task, context, thread, protocol)
        parser = self._parsers.of(_format(profile), thread=thread, model=profile.model)
        dialogue = ProcessDialogue(protocol, context) if protocol and protocol.is_open else None
        reading = self._reading(task, context, parser, lines_before, dialogue)
        rules = OutcomeRules(profile, self._matcher)
        ended = await self._supervision.run(
            command,
            shown=displayed_command(task, command, profile),
            reading=_with_rules(reading, rules, context),
            dialogue=dialogue,
            context=context,
        )
        return _outcome(ended, parser, reading, rules), reading

    def _protocol(self, task: Task, profile: AgentProfile) -> AgentDialogue | None:
        if profile.hand_over != "protocol":
            return None
        return self._dialogues.of(
            _format(profile), text=task.text, rules=profile.approvals, asked=task.approval
        )

    async def _command(
        self,
        task: Task,
        context: RunContext,
        thread: AgentThread | None,
        protocol: AgentDialogue | None,
    ) -> Command:
        """With the home that is kept for an agent which resumes conversations or has a setup."""
        profile = context.profile
        command = command_of(
            task, profile, workspace=context.workspace, thread=thread, dialogue=protocol
        )
        has_kept_home = bool(profile.resume_argv or profile.setup_argv)
        if not has_kept_home or has_other_home(profile):
            return command
        return replace(command, home=await self._homes.folder(task, profile))

    def _reading(
        self,
        task: Task,
        context: RunContext,
        parser: OutputParser | None,
        lines_before: int,
        dialogue: ProcessDialogue | None,
    ) -> OutputReading:
        findings = self._findings(task, context)
        emit_all = context.emit_all if findings is None else findings.emit_all
        log = OutputLog(emit_all, self._clock, lines_before=lines_before)
        if parser is None:
            return log
        return ParsedOutput(
            parser,
            source=_format(context.profile),
            log=log,
            findings=findings,
            context=context,
            dialogue=dialogue,
        )

    def _findings(self, task: Task, context: RunContext) -> LineFindings | None:
        rules = (*context.profile.rules, *task.rules)
        if not rules:
            return None
        return LineFindings(context, LineExtraction(rules, self._matcher))


def _format(profile: AgentProfile) -> str:
    return profile.parser or profile.kind


def _with_rules(reading: OutputReading, rules: OutcomeRules, context: RunContext) -> OutputReading:
    begun = LATEST if resumes_latest(context.profile) else None
    if rules.is_empty and begun is None:
        return reading
    return RuledReading(reading, rules=rules, context=context, begun=begun)


async def _forget_lost(thread: AgentThread | None, context: RunContext, outcome: Outcome) -> None:
    """Plain lines do not show whether a model took part, so the task is not tried again; but the
    next task starts a new conversation.
    """
    if thread is None or not isinstance(outcome, Failed):
        return
    if is_of_agent(outcome) and reports_lost_thread(outcome.error, thread):
        message = "the next task begins a new conversation, this one could not be gone on with"
        await context.emit(Error(message=message, phase="resume", recoverable=True))
        await context.forget_thread()


def _is_failure_of_agent(outcome: Outcome) -> bool:
    return isinstance(outcome, Failed) and is_of_agent(outcome)


def _outcome(
    ended: Exit, parser: OutputParser | None, reading: OutputReading, rules: OutcomeRules
) -> Outcome:
    if reading.is_full:
        return Failed.by_limit("limit.output")
    reported = parser.outcome if parser else None
    if rules.failure and (failed := outcome_of_rule(ended, rules.failure, reported)):
        return failed
    if parser is None:
        return outcome_of_command(ended, reading.last_line, answer=rules.answer)
    return outcome_of_agent(ended, reported, reading.last_line)
