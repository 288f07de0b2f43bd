"""What every task store promises about looking tasks up."""

from datetime import timedelta

from domain.ids import AgentName, SessionId, TaskId
from domain.principal import LOCAL
from domain.task import TaskStatus
from ports.task_store import TaskQuery
from tests.contract.scene import ALICE, BOB, Scene


async def test_tasks_are_listed_newest_first_in_pages(scene: Scene) -> None:
    tasks = [await scene.queue() for _ in range(5)]
    newest_first = tasks[::-1]

    first = await scene.tasks.list(LOCAL, TaskQuery(limit=2))
    second = await scene.tasks.list(LOCAL, TaskQuery(limit=2, before=first[-1].task_id))
    third = await scene.tasks.list(LOCAL, TaskQuery(limit=2, before=second[-1].task_id))

    assert [*first, *second, *third] == newest_first
    assert await scene.tasks.list(LOCAL, TaskQuery(before=TaskId("task_unknown"))) == []


async def test_the_page_after_a_strangers_task_is_empty(scene: Scene) -> None:
    await scene.queue(principal=ALICE)
    theirs = await scene.queue(principal=BOB)

    assert await scene.tasks.list(ALICE, TaskQuery(before=theirs.task_id)) == []


async def test_a_list_shows_what_was_asked_for(scene: Scene) -> None:
    live = await scene.start("one")
    shell = (await scene.submit(scene.new_task("two", agent="shell"))).task
    queued = await scene.queue("three")
    running = await scene.get(live.task)

    async def found(query: TaskQuery) -> list[TaskId]:
        return [task.task_id for task in await scene.tasks.list(LOCAL, query)]

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


async def test_a_text_is_found_literally_whatever_the_case_of_ascii(scene: Scene) -> None:
    for text in ("100% sure", "100 times", "snake_case", "snakeXcase", "Übung", "back\\slash"):
        await scene.submit(scene.new_task(text=text))

    async def found(text: str) -> list[str]:
        return [task.text for task in await scene.tasks.list(LOCAL, TaskQuery(text=text))]

    assert await found("100%") == ["100% sure"]
    assert await found("SNAKE_case") == ["snake_case"]
    assert await found("Übung") == ["Übung"]
    assert await found("übung") == []
    assert await found("k\\s") == ["back\\slash"]
    assert await found("nowhere") == []


async def test_tasks_after_a_number_are_those_that_were_made_later(
    scene: Scene,
) -> None:
    first, second, third = [await scene.queue(name) for name in ("a", "b", "a")]

    later = await scene.tasks.list(LOCAL, TaskQuery(after=first.number))

    assert later == [third, second]
    assert 0 < first.number < second.number < third.number


async def test_unfinished_tasks_are_found_among_those_that_ended(scene: Scene) -> None:
    claim = await scene.start()
    await scene.end(claim)
    queued = await scene.queue()

    found = await scene.tasks.list(LOCAL, TaskQuery(statuses=[TaskStatus.QUEUED]))

    assert found == [queued]
