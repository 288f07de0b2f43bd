"""Carries one task out in this process, beside whatever server uses the same data directory."""

from contextlib import aclosing
from functools import partial
from pathlib import Path

from application.serving.server_coordinator import ServerCoordinator
from application.serving.submit_task import SubmitTask
from domain.agent_profile import COMMAND_LINE
from domain.errors import AgentcastError, InvalidInput
from domain.ids import TaskId
from domain.principal import LOCAL
from domain.task import Task
from domain.task_events import CancelMode
from entrypoints.cli.chosen_settings import settings_mistakes
from entrypoints.cli.failure import UsageMistake
from entrypoints.cli.interrupts import cancelling_on_interrupt
from entrypoints.cli.log_follower import LogFollower
from entrypoints.cli.task_ending import TaskEnding
from entrypoints.cli.views.event_view import EventView
from entrypoints.container import Container, lone_worker, opened
from entrypoints.log_format import start_logging
from entrypoints.settings.chosen_model import require_model
from entrypoints.settings.settings import Settings

_END_S = 15.0


async def carried_out(request: SubmitTask, *, settings: Settings, view: EventView) -> TaskEnding:
    """How the task ended, after Ctrl-C too.

    It works in the current directory, unless it, its agent or the settings name another folder.
    """
    _log_what_is_wrong(settings)
    settings = settings.model_copy(update={"workspace": settings.workspace or str(Path.cwd())})
    container = Container(
        settings=settings, worker_settings=lone_worker(settings), is_sole_parent=True
    )
    with settings_mistakes():
        if request.agent != COMMAND_LINE:
            require_model(settings)
        container.data_directory().make()
        async with opened(container):
            # What the container holds is left in good order first, whatever went wrong.
            result = await _outcome(request, container=container, view=view)
    if isinstance(result, TaskEnding):
        return result
    raise result


async def _outcome(
    request: SubmitTask, *, container: Container, view: EventView
) -> TaskEnding | AgentcastError | BrokenPipeError:
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
) -> TaskEnding:
    ending = TaskEnding()
    try:
        await cancelling_on_interrupt(
            _follow(task, follower=follower, view=view, ending=ending),
            cancel=partial(_cancel, coordinator, task.task_id),
            notice=view.notice,
        )
    except BrokenPipeError:
        # Nobody reads any more: the task ends as any program at the head of a pipe would.
        await coordinator.cancel(LOCAL, task.task_id)
        await coordinator.finished(LOCAL, task.task_id, timeout_s=_END_S)
        raise
    if not ending.has_come:
        coordinator.kill_all()
    return ending


def _log_what_is_wrong(settings: Settings) -> None:
    """The events tell the rest, unless a level was asked for."""
    is_chosen = "log_level" in settings.model_fields_set
    start_logging(settings if is_chosen else settings.model_copy(update={"log_level": "warning"}))


async def _follow(
    task: Task, *, follower: LogFollower, view: EventView, ending: TaskEnding
) -> int:
    async with aclosing(follower.events(task)) as events:
        async for event in events:
            ending.follow(event)
            view.show(event)
    return ending.code


async def _cancel(coordinator: ServerCoordinator, task_id: TaskId, mode: CancelMode) -> None:
    await coordinator.cancel(LOCAL, task_id, mode=mode)
