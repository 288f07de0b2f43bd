"""What every task store promises about looking tasks up."""

from datetime import timedelta

from domain.ids import AgentName, SessionId, TaskId
from domain.principal import LOCAL
from domain.task import TaskStatus
from ports.task_store import TaskQuery
from tests.contract.store_harness import ALICE, BOB, StoreHarness


async def test_tasks_are_listed_newest_first_in_pages(harness: StoreHarness) -> None:
    tasks = [await harness.queue() for _ in range(5)]
    newest_first = tasks[::-1]

    first = await harness.tasks.list(LOCAL, TaskQuery(limit=2))
    second = await harness.tasks.list(LOCAL, TaskQuery(limit=2, before=first[-1].task_id))
    third = await harness.tasks.list(LOCAL, TaskQuery(limit=2, before=second[-1].task_id))

    assert [*first, *second, *third] == newest_first
    assert await harness.tasks.list(LOCAL, TaskQuery(before=TaskId("task_unknown"))) == []


async def test_the_page_after_a_strangers_task_is_empty(harness: StoreHarness) -> None:
    await harness.queue(principal=ALICE)
    theirs = await harness.queue(principal=BOB)

    assert await harness.tasks.list(ALICE, TaskQuery(before=theirs.task_id)) == []


async def test_a_list_shows_what_was_asked_for(harness: StoreHarness) -> None:
    live = await harness.start("one")
    shell = (await harness.submit(harness.new_task("two", agent="shell"))).task
    queued = await harness.queue("three")
    running = await harness.get(live.task)

    async def found(query: TaskQuery) -> list[TaskId]:
        return [task.task_id for task in await harness.tasks.list(LOCAL, query)]

    assert await found(TaskQuery(session_id=SessionId("two"))) == [shell.task_id]
    assert await found(TaskQuery(agent=AgentName("shell"))) == [shell.task_id]
    assert await found(TaskQuery(statuses=[TaskStatus.RUNNING])) == [running.task_id]
    assert await found(TaskQuery(statuses=[TaskStatus.QUEUED])) == [
        queued.task_id,
        shell.task_id,
    ]
    assert await found(TaskQuery(since=queued.created_at + timedelta(hours=1))) == []
    assert await found(TaskQuery(until=running.created_at)) == []
    assert queued.task_id in await found(TaskQuery(since=queued.created_at))


async def test_a_text_is_found_literally_whatever_the_case_of_ascii(harness: StoreHarness) -> None:
    for text in ("100% sure", "100 times", "snake_case", "snakeXcase", "Übung", "back\\slash"):
        await harness.submit(harness.new_task(text=text))

    async def found(text: str) -> list[str]:
        return [task.text for task in await harness.tasks.list(LOCAL, TaskQuery(text=text))]

    assert await found("100%") == ["100% sure"]
    assert await found("SNAKE_case") == ["snake_case"]
    assert await found("Übung") == ["Übung"]
    assert await found("übung") == []
    assert await found("k\\s") == ["back\\slash"]
    assert await found("nowhere") == []


async def test_tasks_after_a_number_are_those_that_were_made_later(
    harness: StoreHarness,
) -> None:
    first, second, third = [await harness.queue(name) for name in ("a", "b", "a")]

    later = await harness.tasks.list(LOCAL, TaskQuery(after=first.number))

    assert later == [third, second]
    assert 0 < first.number < second.number < third.number


async def test_unfinished_tasks_are_found_among_those_that_ended(harness: StoreHarness) -> None:
    claim = await harness.start()
    await harness.end(claim)
    queued = await harness.queue()

    found = await harness.tasks.list(LOCAL, TaskQuery(statuses=[TaskStatus.QUEUED]))

    assert found == [queued]
