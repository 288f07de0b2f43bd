"""The terminals and inputs of the tasks that run here, and the last screens of some that did."""

from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from application.programs.live_screen import LiveScreen
from application.programs.live_terminal import Emit, LiveTerminal
from domain.ids import TaskId
from ports.process import Command, RunningProcess
from ports.terminal_screen import TerminalScreens

MOST_KEPT = 100
MOST_KEPT_CHARS = 8 * 1024 * 1024


class LiveTerminals:
    """Of ended tasks it keeps a bounded number of screens, the latest."""

    def __init__(self, *, screens: TerminalScreens) -> None:
        self._screens = screens
        self._live: dict[TaskId, LiveTerminal] = {}
        self._kept: OrderedDict[TaskId, LiveScreen] = OrderedDict()

    @asynccontextmanager
    async def open(
        self, command: Command, process: RunningProcess, *, takes_input: bool, emit: Emit
    ) -> AsyncIterator[LiveTerminal]:
        """For as long as the process runs. What it writes is to be fed, if it has a terminal.
        `takes_input`: whether its standard input is for people.

        Leave it before the final event: input that comes later finds the task ended.
        """
        terminal = LiveTerminal(
            process,
            screen=self._screen(command),
            takes_input=takes_input,
            emit=emit,
        )
        self._live[command.task_id] = terminal
        try:
            yield terminal
        finally:
            if self._live.get(command.task_id) is terminal:
                del self._live[command.task_id]
            terminal.close()
            if terminal.screen is not None:
                self._keep(command.task_id, terminal.screen)
                await terminal.screen.end()

    def live(self, task_id: TaskId) -> LiveTerminal | None:
        return self._live.get(task_id)

    def screen(self, task_id: TaskId) -> LiveScreen | None:
        """None without a terminal as well."""
        if terminal := self._live.get(task_id):
            return terminal.screen
        return self._kept.get(task_id)

    def _screen(self, command: Command) -> LiveScreen | None:
        if not command.pty:
            return None
        return LiveScreen(self._screens, rows=command.rows, columns=command.columns)

    def _keep(self, task_id: TaskId, screen: LiveScreen) -> None:
        self._kept.pop(task_id, None)
        self._kept[task_id] = screen
        while len(self._kept) > 1 and (len(self._kept) > MOST_KEPT or self._is_too_much()):
            self._kept.popitem(last=False)

    def _is_too_much(self) -> bool:
        return sum(screen.unseen_chars for screen in self._kept.values()) > MOST_KEPT_CHARS
