"""The end of a run whose workspace has become too large."""

from collections.abc import Awaitable, Callable, Iterator

import anyio
from anyio.lowlevel import checkpoint

from application.running.bounded_runner import BoundedRunner
from domain.task import Task
from ports.runner import Completed, Failed, Outcome, RunContext
from tests.patience import PATIENCE_S
from tests.process_fakes import process_task
from tests.react_fakes import FakeContext
from tests.unit.adapters.http.fake_agents import OpenWorkspaces


class Measured(OpenWorkspaces):
    """Measured one time after another; None where it is small enough."""

    def __init__(self, *results: str | Exception | None) -> None:
        self._results: Iterator[str | Exception | None] = iter(results)

    async def excess(self, folder: str) -> str | None:
        match next(self._results):
            case Exception() as error:
                raise error
            case found:
                return found


class Forever:
    async def run(self, task: Task, context: RunContext) -> Outcome:
        await anyio.sleep_forever()
        raise AssertionError


class AtOnce:
    async def run(self, task: Task, context: RunContext) -> Outcome:
        return Completed(final_answer="done")


async def test_a_run_ends_with_the_reason_once_its_workspace_is_too_large() -> None:
    outcome = await run(Forever, Measured(None, "too large"))

    assert outcome == Failed(error="too large", reason="resource_limit")


async def test_a_measurement_that_fails_does_not_end_the_bound() -> None:
    no_thread = RuntimeError("can't start new thread")

    outcome = await run(Forever, Measured(no_thread, "too large"))

    assert outcome == Failed(error="too large", reason="resource_limit")


async def test_nothing_is_measured_after_the_end_of_the_run() -> None:
    before = {task.id for task in anyio.get_running_tasks()}

    assert await run(AtOnce, Measured(None)) == Completed(final_answer="done")

    assert {task.id for task in anyio.get_running_tasks()} == before


async def test_many_runs_are_measured_the_more_seldom_each() -> None:
    pauses: list[float] = []
    bounded = BoundedRunner(Forever(), workspaces=Measured(*[None] * 1000), pause=forever(pauses))

    async with anyio.create_task_group() as group:
        for _ in range(1000):
            group.start_soon(bounded.run, process_task("x"), FakeContext())
        with anyio.fail_after(PATIENCE_S):
            while len(pauses) < 1000:
                await checkpoint()
        group.cancel_scope.cancel()

    assert sum(1 / pause for pause in pauses) <= 100.1, "in a second, of all of them"


def forever(pauses: list[float]) -> Callable[[float], Awaitable[None]]:
    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        await anyio.sleep_forever()

    return pause


async def no_pause(_: float) -> None:
    await checkpoint()


async def run(runner: Callable[[], Forever | AtOnce], workspaces: Measured) -> Outcome:
    bounded = BoundedRunner(runner(), workspaces=workspaces, pause=no_pause)
    with anyio.fail_after(PATIENCE_S):
        return await bounded.run(process_task("x"), FakeContext())
