"""What the metrics report of how tasks ended, and of how long they waited."""

from pathlib import Path

from domain.ids import SessionId, WorkerId
from domain.principal import LOCAL
from domain.task import Task
from ports.runner import Failed, Outcome, RunContext
from tests.integration.graph import Graph, for_ever, running


async def fail(task: Task, context: RunContext) -> Outcome:
    return Failed(error="no", reason="model_error")


async def test_ends_of_tasks_are_counted_by_outcome_and_reason(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts.update({"fail": fail, "for ever": for_ever})
        await graph.ended(await graph.submit("say"))
        await graph.ended(await graph.submit("fail"))
        live = await graph.submit("for ever")
        queued = await graph.submit("never")
        await graph.runner.has_started(live)
        for task in (queued, live, live):
            await graph.coordinator.cancel(LOCAL, task.task_id)
        await graph.ended(live)

        assert shown(graph, "tasks_ended") == {
            ("completed", ""): 1,
            ("failed", "model_error"): 1,
            ("cancelled", "user"): 2,
        }


async def test_what_ends_with_its_session_is_counted(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        await graph.container.server.worker().drain()
        for text in ("one", "two"):
            await graph.submit(text)
        await graph.container.server.sessions().delete(LOCAL, SessionId("s"))

        assert shown(graph, "tasks_ended") == {("cancelled", "session_deleted"): 2}


async def test_a_lost_task_is_counted_by_the_worker_that_settles_it(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        await graph.container.server.worker().drain()
        task = await graph.submit("work")
        leases = graph.container.store.task_leases()
        await leases.claim(WorkerId("test.dead"), limit=1, lease_s=3600)
        lost = await leases.claim_lost(WorkerId("heir"), lease_s=30, of_instance="test")
        await graph.container.server.lost_tasks().take_over(lost)

        await graph.ended(task)
        assert shown(graph, "tasks_ended") == {("interrupted", "worker_lost"): 1}


async def test_the_time_in_the_queue_is_observed_once_for_each_task(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        for text in ("one", "two"):
            await graph.ended(await graph.submit(text))

        assert shown(graph, "queue_wait_seconds")["+Inf",] == 2


def shown(graph: Graph, family: str) -> dict[tuple[str, ...], float]:
    """The samples of a family, by the values of their labels."""
    [found] = [
        one for one in graph.container.metrics_registry().collect() if one.name.endswith(family)
    ]
    return {
        tuple(sample.labels.values()): sample.value
        for sample in found.samples
        if not sample.name.endswith("_created")
    }
