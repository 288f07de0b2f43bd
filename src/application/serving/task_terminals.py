"""Terminals of tasks for their owners, who watch them and type into them."""

import asyncio

from application.asking.questions import OpenQuestions
from application.programs.live_screen import LiveScreen
from application.programs.live_terminals import LiveTerminals
from application.running.live_runs import LiveRuns
from domain.agent_options import KINDS_WITH_TERMINAL
from domain.errors import AgentNotFound, NotStarted, StateConflict
from domain.ids import TaskId
from domain.principal import Principal
from domain.task import Task, TaskStatus
from domain.task_input import MessageInput, Reply, TaskInput
from ports.agent_catalog import AgentCatalog
from ports.task_store import TaskStore
from ports.terminal_screen import ScreenView

_ANSWERABLE = frozenset({TaskStatus.WAITING, TaskStatus.QUEUED})
"""The states of a task with an open question; it is queued when its worker was lost."""
_BETWEEN_S = 0.1


class ScreenWatch:
    """Follows a screen for one watcher. Each view is whole: a slow watcher skips some."""

    def __init__(self, screen: LiveScreen) -> None:
        self._screen = screen
        self._seen = -1
        self._shown: ScreenView | None = None
        self._has_seen_end = False

    @property
    def has_ended(self) -> bool:
        """The last view was returned."""
        return self._has_seen_end

    async def next(self, *, timeout_s: float) -> ScreenView | None:
        """The next view that differs from the one before; None at the timeout or at the end."""
        try:
            async with asyncio.timeout(timeout_s):
                while not self._has_seen_end:
                    if view := await self._look():
                        return view
        except TimeoutError:
            return None
        return None

    async def _look(self) -> ScreenView | None:
        if self._shown is not None:
            await self._screen.changed(since=self._seen)
            if not self._screen.has_ended:
                await asyncio.sleep(_BETWEEN_S)  # for more of the same redraw
        seen, is_last = self._screen.revision, self._screen.has_ended
        view = await self._screen.view()
        is_new, self._shown = view != self._shown, view
        self._seen, self._has_seen_end = seen, is_last
        return view if is_new else None


class TaskTerminals:
    """Every method raises TaskNotFound, and StateConflict if the task has no such terminal now."""

    def __init__(
        self,
        *,
        tasks: TaskStore,
        terminals: LiveTerminals,
        questions: OpenQuestions,
        runs: LiveRuns,
        catalog: AgentCatalog,
    ) -> None:
        """`runs` are those of this process, which has their terminals."""
        self._runs = runs
        self._catalog = catalog
        self._tasks = tasks
        self._terminals = terminals
        self._questions = questions

    async def send(self, principal: Principal, task_id: TaskId, given: TaskInput) -> None:
        """Returns once the process or the open question has it. Raises also InvalidInput and
        LogUnavailable.
        """
        task = await self._tasks.get(principal, task_id)
        if await self._is_answer(task, given, by=principal.name):
            return
        terminal = self._terminals.live(task_id)
        if terminal is None:
            asks_nothing = "the task asks nothing now, and no process of it runs"
            is_words = isinstance(given, MessageInput)
            raise self._not_here(task, asks_nothing if is_words else "no process of the task runs")
        await terminal.take(given, by=principal.name)

    async def view(self, principal: Principal, task_id: TaskId) -> ScreenView:
        return await (await self._screen(principal, task_id)).view()

    async def watch(self, principal: Principal, task_id: TaskId) -> ScreenWatch:
        """Begins with the present view, and ends after the last one of the process."""
        screen = await self._screen(principal, task_id)
        await screen.view()
        return ScreenWatch(screen)

    async def _is_answer(self, task: Task, given: TaskInput, *, by: str) -> bool:
        if not isinstance(given, MessageInput) or task.status not in _ANSWERABLE:
            return False
        return await self._questions.answer(task, Reply(text=given.text, by=by))

    async def _screen(self, principal: Principal, task_id: TaskId) -> LiveScreen:
        task = await self._tasks.get(principal, task_id)
        screen = self._terminals.screen(task_id)
        if screen is not None:
            return screen
        if self._terminals.live(task_id) is not None:
            raise StateConflict("this task has no terminal, it runs with pipes")
        if task.status.is_final:
            raise StateConflict("the task has ended, and no screen of it is kept")
        raise self._not_here(task, "no terminal of the task is")

    def _not_here(self, task: Task, what: str) -> StateConflict:
        if task.status.is_final:
            return StateConflict("the task has ended")
        if task.status is TaskStatus.QUEUED or self._is_starting(task):
            return NotStarted("the task has not started yet")
        return StateConflict(f"{what} on this server")

    def _is_starting(self, task: Task) -> bool:
        """Without a screen no process has been started: that of an exited one is kept."""
        if self._runs.find(task.task_id) is None or self._terminals.screen(task.task_id):
            return False
        try:
            profile = self._catalog.get(task.agent)
        except AgentNotFound:
            return False
        return profile.kind in KINDS_WITH_TERMINAL and profile.pty
