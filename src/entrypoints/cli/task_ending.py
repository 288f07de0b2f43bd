"""How a task that was followed here ended, for the exit code."""

from domain.process_events import ProcessExited
from domain.task_events import FinalEvent
from entrypoints.cli.exit_code import ExitCode, code_of, code_of_command
from entrypoints.cli.views.seen_event import SeenEvent


class TaskEnding:
    def __init__(self) -> None:
        self._exited: ProcessExited | None = None
        self._final: FinalEvent | None = None

    def follow(self, seen: SeenEvent) -> None:
        if isinstance(seen.event, ProcessExited):
            self._exited = seen.event
        elif isinstance(seen.event, FinalEvent):
            self._final = seen.event

    @property
    def has_come(self) -> bool:
        return self._final is not None

    @property
    def code(self) -> int:
        return ExitCode.STOPPED_WATCHING if self._final is None else code_of(self._final)

    @property
    def command_code(self) -> int:
        """The command's own code, where it ended by itself or never began."""
        if self._final is None:
            return self.code
        if self._exited is None:
            return code_of_command(self._final, exit_code=None, signal=None)
        exited = self._exited
        return code_of_command(self._final, exit_code=exited.exit_code, signal=exited.signal)
