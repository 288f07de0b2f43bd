"""Runs one task in this process: submits it, follows its log, and reports how it ended."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from functools import partial
from pathlib import Path

from application.serving.server_coordinator import ServerCoordinator
from application.serving.submit_task import SubmitTask
from domain.agent_profile import COMMAND_LINE
from domain.errors import AgentcastError, InvalidInput
from domain.ids import TaskId
from domain.principal import LOCAL
from domain.process_events import ProcessExited
from domain.task import Task
from domain.task_events import CancelMode, FinalEvent
from entrypoints.cli.chosen_settings import settings_mistakes
from entrypoints.cli.exit_code import ExitCode, code_of, code_of_command
from entrypoints.cli.failure import UsageMistake
from entrypoints.cli.interrupts import cancelling_on_interrupt
from entrypoints.cli.views.received_event import EventView, ReceivedEvent, parsed_event
from entrypoints.container import Container, lone_worker, opened
from entrypoints.log_format import start_logging
from entrypoints.settings.chosen_model import require_model
from entrypoints.settings.settings import Settings
from ports.event_log import EventLog
from ports.wakeups import Hint, Wakeups

_PAGE = 500
_LOOK_S = 1.0  # hints may be lost, and other processes send none
_END_S = 15.0


class TaskEnd:
    def __init__(self) -> None:
        self._exited: ProcessExited | None = None
        self._final: FinalEvent | None = None

    def follow(self, received: ReceivedEvent) -> None:
        if isinstance(received.event, ProcessExited):
            self._exited = received.event
        elif isinstance(received.event, FinalEvent):
            self._final = received.event

    @property
    def is_known(self) -> bool:
        return self._final is not None

    @property
    def code(self) -> int:
        return ExitCode.STOPPED_WATCHING if self._final is None else code_of(self._final)

    @property
    def command_code(self) -> int:
        """The exit code of the command itself, if it exited or could not start."""
        if self._final is None:
            return self.code
        if self._exited is None:
            return code_of_command(self._final, exit_code=None, signal=None)
        exited = self._exited
        return code_of_command(self._final, exit_code=exited.exit_code, signal=exited.signal)


class LogFollower:
    def __init__(self, *, log: EventLog, wakeups: Wakeups) -> None:
        self._log = log
        self._wakeups = wakeups

    async def events(self, task: Task) -> AsyncGenerator[ReceivedEvent, None]:
        """Every event of the task, from its first to its final one."""
        woken = asyncio.Event()

        def wake(hint: Hint) -> None:
            if hint in (None, task.session_key):
                woken.set()

        after = task.first_seq - 1
        with self._wakeups.listen(wake):
            while True:
                woken.clear()
                page = await self._log.read(task.session_key, after=after, limit=_PAGE)
                for stored in page:
                    after = stored.seq
                    if stored.task_id == task.task_id and stored.body:
                        event = parsed_event(stored.body.decode())
                        yield event
                        if isinstance(event.event, FinalEvent):
                            return
                if not page:
                    await _within(woken)


async def _within(woken: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_LOOK_S):
            await woken.wait()


async def run_in_process(request: SubmitTask, *, settings: Settings, view: EventView) -> TaskEnd:
    """Returns how the task ended, also after Ctrl-C.

    It works in the current directory unless the task, its agent or the settings name a folder.
    """
    _start_logging(settings)
    settings = settings.model_copy(update={"workspace": settings.workspace or str(Path.cwd())})
    container = Container(
        settings=settings, worker_settings=lone_worker(settings), is_sole_parent=True
    )
    with settings_mistakes():
        if request.agent != COMMAND_LINE:
            require_model(settings)
        container.data_directory().make()
        async with opened(container):
            # Errors are raised after the container was closed in order.
            result = await _outcome(request, container=container, view=view)
    if isinstance(result, TaskEnd):
        return result
    raise result


async def _outcome(
    request: SubmitTask, *, container: Container, view: EventView
) -> TaskEnd | AgentcastError | BrokenPipeError:
    coordinator = container.server.coordinator()
    follower = LogFollower(log=container.store.event_log(), wakeups=container.store.wakeups())
    try:
        task = await _submitted(request, coordinator=coordinator)
        return await _watched(task, coordinator=coordinator, follower=follower, view=view)
    except (AgentcastError, BrokenPipeError) as error:
        return error


async def _submitted(request: SubmitTask, *, coordinator: ServerCoordinator) -> Task:
    try:
        return (await coordinator.submit(LOCAL, request, reserve=True)).task
    except InvalidInput as error:
        if error.field != "workspace":
            raise
        advice = "change to the folder of a project, or name one with --workspace"
        raise UsageMistake(f"{error}; {advice}") from error


async def _watched(
    task: Task, *, coordinator: ServerCoordinator, follower: LogFollower, view: EventView
) -> TaskEnd:
    ending = TaskEnd()
    try:
        await cancelling_on_interrupt(
            _follow(task, follower=follower, view=view, ending=ending),
            cancel=partial(_cancel, coordinator, task.task_id),
            notice=view.notice,
        )
    except BrokenPipeError:
        # The reader of the pipe is gone, so the task is cancelled.
        await coordinator.cancel(LOCAL, task.task_id)
        await coordinator.finished(LOCAL, task.task_id, timeout_s=_END_S)
        raise
    if not ending.is_known:
        coordinator.kill_all()
    return ending


def _start_logging(settings: Settings) -> None:
    """Only warnings, unless a log level was chosen: the view shows the events."""
    is_chosen = "log_level" in settings.model_fields_set
    start_logging(settings if is_chosen else settings.model_copy(update={"log_level": "warning"}))


async def _follow(task: Task, *, follower: LogFollower, view: EventView, ending: TaskEnd) -> int:
    async with aclosing(follower.events(task)) as events:
        async for event in events:
            ending.follow(event)
            view.show(event)
    return ending.code


async def _cancel(coordinator: ServerCoordinator, task_id: TaskId, mode: CancelMode) -> None:
    await coordinator.cancel(LOCAL, task_id, mode=mode)
