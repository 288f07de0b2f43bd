"""Runs the command that prepares an agent's HOME and workspace, before its first task in a session."""

from dataclasses import replace

from application.programs.command_line import command_of, has_other_home
from application.programs.output_log import OutputLog
from application.programs.process_outcome import outcome_of_command
from application.programs.supervision import Supervision
from domain.agent_profile import AgentProfile
from domain.errors import StartFailed
from domain.task import Task
from ports.clock import Clock
from ports.homes import Homes
from ports.process import Command
from ports.runner import Failed, RunContext


class SetupCommand:
    """Run like the agent itself, but with pipes and without input."""

    def __init__(self, *, supervision: Supervision, homes: Homes, clock: Clock) -> None:
        self._supervision = supervision
        self._homes = homes
        self._clock = clock

    async def run(self, task: Task, context: RunContext) -> int:
        """Returns the number of logged lines; 0 without a setup, or where it was done before.

        Raises StartFailed. A setup that failed or was interrupted is run again for the next task.
        """
        profile = context.profile
        if not profile.setup_argv or await self._homes.is_set_up(task, profile):
            return 0
        command = await self._command(task, context)
        log = OutputLog(context.emit_all, self._clock)
        shown = " ".join(command.argv)
        try:
            ended = await self._supervision.run(command, shown=shown, reading=log, context=context)
        except StartFailed as error:
            raise StartFailed(f"setup_argv: {error}", exit_code=error.exit_code) from error
        outcome = outcome_of_command(ended, log.last_line)
        if isinstance(outcome, Failed):
            raise StartFailed(f"setup_argv: {outcome.error}", exit_code=outcome.exit_code)
        await self._homes.note_set_up(task, profile)
        return log.line_count

    async def _command(self, task: Task, context: RunContext) -> Command:
        profile = context.profile
        command = command_of(task, profile, workspace=context.workspace)
        home = None if has_other_home(profile) else await self._homes.folder(task, profile)
        return replace(
            command,
            argv=profile.setup_argv,
            home=home,
            home_argv=(),
            home_files=profile.home_files,
            pty=False,
            stdin="closed",
            input_text=None,
            shown_paths=_absolute_paths(profile),
        )


def _absolute_paths(profile: AgentProfile) -> tuple[str, ...]:
    items = (*profile.argv, *profile.setup_argv)
    return tuple(item for item in items if item.startswith("/"))
