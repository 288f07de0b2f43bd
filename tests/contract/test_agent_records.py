"""What every task store promises about what became of the tasks of each agent."""

from collections.abc import Sequence
from datetime import datetime

from domain.events import AgentEvent
from domain.ids import AgentName, SessionId
from domain.principal import LOCAL
from domain.task import Task
from domain.task_events import TaskComplete, TaskFailed, TaskInterrupted
from ports.task_store import AgentRecord, LastExit
from tests.contract.store_harness import ALICE, OTHER_WORKER, StoreHarness

REACT, SHELL = AgentName("react"), AgentName("shell")


async def test_live_tasks_of_all_workers_are_counted(harness: StoreHarness) -> None:
    first = await harness.start("one")
    await harness.start("two")
    for session, agent in (("three", "shell"), ("four", "shell"), ("five", "idle")):
        await harness.submit(harness.new_task(session, agent=agent))
    await harness.leases.claim(OTHER_WORKER, limit=1, lease_s=30)
    await harness.queue("six", principal=ALICE)

    before = await harness.tasks.agent_records(LOCAL)
    await harness.end(first)
    await harness.sessions.delete(LOCAL, SessionId("two"))
    after = await harness.tasks.agent_records(LOCAL)

    assert before == {REACT: AgentRecord(live=2), SHELL: AgentRecord(live=1)}
    assert {name: record.live for name, record in after.items()} == {REACT: 0, SHELL: 1}
    assert await harness.tasks.agent_records(ALICE) == {}


async def test_ends_are_counted_and_the_latest_is_returned(harness: StoreHarness) -> None:
    done = TaskComplete(final_answer="done", duration_ms=5, exit_code=0)
    failed = TaskFailed(error="no", reason="exit_code", duration_ms=5, exit_code=3)
    lost = TaskInterrupted(reason="worker_lost", attempt=1)
    ends: Sequence[AgentEvent] = (done, lost, done, failed)
    claims = [await harness.start(f"s{number}") for number in range(len(ends))]
    for claim, end in zip(claims, ends, strict=True):
        await harness.log.append(harness.changing(claim, end))
    last = await harness.get(claims[-1].task)
    await harness.cancel(await harness.queue("cancelled", principal=ALICE), principal=ALICE)

    [(agent, record)] = (await harness.tasks.agent_records(LOCAL)).items()
    [theirs] = (await harness.tasks.agent_records(ALICE)).values()

    assert (agent, record) == (
        REACT,
        AgentRecord(
            completed=2,
            failed=1,
            interrupted=1,
            last_exit=LastExit(
                task_id=last.task_id, status=last.status, finished_at=at(last), exit_code=3
            ),
        ),
    )
    assert (theirs.cancelled, theirs.last_exit and theirs.last_exit.exit_code) == (1, None)


async def test_one_agent_can_be_asked_for(harness: StoreHarness) -> None:
    await harness.start("one")
    await harness.submit(harness.new_task("two", agent="shell"))
    await harness.leases.claim(OTHER_WORKER, limit=1, lease_s=30)

    assert await harness.tasks.agent_records(LOCAL, SHELL) == {SHELL: AgentRecord(live=1)}
    assert await harness.tasks.agent_records(LOCAL, AgentName("nobody")) == {}


def at(task: Task) -> datetime:
    assert task.finished_at is not None
    return task.finished_at
