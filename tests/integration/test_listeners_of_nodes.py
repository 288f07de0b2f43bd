"""The listeners of all nodes get the log: each event once, in order."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import anyio
from dependency_injector import providers

from domain.events import AgentEvent
from domain.ids import SessionKey, TaskId
from domain.principal import LOCAL
from domain.process_events import Log
from domain.task import Task
from entrypoints.container import server_worker
from entrypoints.settings.settings import Settings
from ports.runner import Completed, Outcome, RunContext
from tests.contract.postgres import emptied
from tests.fakes import RecordedEvents
from tests.integration.graph import Graph, running
from tests.patience import PATIENCE_S

SESSIONS, ROUNDS = 6, 3
Received = tuple[TaskId, AgentEvent]


async def talk(task: Task, context: RunContext) -> Outcome:
    for number in range(20):
        await context.emit(Log(line="x", line_num=number + 1, stream="pty"))
        await asyncio.sleep(0)
    return Completed(final_answer="answered")


async def test_a_listener_gets_the_log_once_and_in_order(tmp_path: Path) -> None:
    await listen_to_all(tmp_path, f"sqlite:///{tmp_path}/cast.db", [RecordedEvents()])


async def test_listeners_of_two_nodes_get_the_log_once_and_in_order(
    tmp_path: Path, postgres_url: str
) -> None:
    await listen_to_all(
        tmp_path, await emptied(postgres_url), [RecordedEvents(), RecordedEvents()]
    )


async def listen_to_all(tmp_path: Path, url: str, listeners: Sequence[RecordedEvents]) -> None:
    with anyio.fail_after(PATIENCE_S):
        async with graphs(tmp_path, url, listeners) as there:
            tasks = await asyncio.gather(
                *(one_session(there, f"s{number}") for number in range(SESSIONS))
            )
            logged = {task.session_key: await log_of(there[0], task) for task in tasks}

    for key, log in logged.items():
        parts = [of_session(one, key) for one in listeners]
        assert sum(len(part) for part in parts) == len(log)
        assert all(is_in_order(part, log) for part in parts)


async def one_session(there: Sequence[Graph], session: str) -> Task:
    """From one node and then the other, with some cancelled while they wait, or run."""
    tasks = [
        await there[number % len(there)].submit("talk", session=session)
        for number in range(ROUNDS * 2)
    ]
    for number, task in enumerate(tasks[1::2]):
        await there[number % len(there)].coordinator.cancel(LOCAL, task.task_id)
    for task in tasks:
        await there[0].ended(task)
    return tasks[0]


@asynccontextmanager
async def graphs(
    folder: Path, url: str, listeners: Sequence[RecordedEvents]
) -> AsyncIterator[Sequence[Graph]]:
    async with AsyncExitStack() as stack:
        there: list[Graph] = []
        for number, listener in enumerate(listeners):
            settings = Settings(
                data_dir=folder / f"{number}",
                database_url=url,
                default_agent="fake",
                shutdown_s=2.0,
            )
            swaps: Mapping[str, object] = {
                "settings": settings,
                "worker_settings": server_worker(settings, instance=f"node{number}"),
                "listeners": providers.Object([listener]),
            }
            graph = await stack.enter_async_context(running(folder / f"{number}", **swaps))
            graph.runner.acts["talk"] = talk
            there.append(graph)
        yield there


async def log_of(graph: Graph, task: Task) -> list[Received]:
    codec = graph.container.codec()
    stored = await graph.container.store.event_log().read(task.session_key, after=0, limit=10_000)
    return [(event.task_id, codec.decode(event)) for event in stored]


def of_session(listener: RecordedEvents, key: SessionKey) -> list[Received]:
    pairs = zip(listener.origins, listener.events, strict=True)
    return [(origin.task_id, event) for origin, event in pairs if origin.session_key == key]


def is_in_order(part: Sequence[Received], whole: Sequence[Received]) -> bool:
    left = iter(whole)
    return all(one in left for one in part)
