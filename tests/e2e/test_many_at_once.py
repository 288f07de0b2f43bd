"""One stream over several sessions or tasks that were asked for by name."""

from tests.e2e.client import ENDS, Client, events_of, types_of
from tests.e2e.sse_reader import Frame

TALKING = "for i in $(seq 40); do echo $i; done"


async def test_two_sessions_in_one_stream_survive_its_cuts(
    client: Client, session_id: str
) -> None:
    names = [f"{session_id}-a", f"{session_id}-b"]
    path = f"/api/v1/sse?session_id={','.join(names)}"
    async with client.stream(path) as stream:
        await stream.take(1)
        tasks = [await client.submit(TALKING, session_id=name) for name in names * 2]
        seen = await stream.take(25)
        cursor = stream.last_id
    while len(_ended(seen)) < len(tasks):
        async with client.stream(path, last_event_id=cursor) as stream:
            await stream.take(1)
            for _ in range(31):
                if len(_ended(seen)) < len(tasks):
                    seen += await stream.take(1)
            cursor = stream.last_id

    assert "reset" not in types_of(seen)
    for name in names:
        async with client.stream(f"/api/v1/sse?session_id={name}&replay=all") as stream:
            whole = await stream.take(1 + len(_of(seen, session_id=name)))
        assert _of(seen, session_id=name) == _without_ids(events_of(whole))


async def test_a_session_that_does_not_exist_yet_joins_when_it_does(
    client: Client, session_id: str
) -> None:
    names = [f"{session_id}-a", f"{session_id}-b"]
    first = await client.submit("echo a", session_id=names[0])
    await client.events(first)
    async with client.stream(f"/api/v1/sse?session_id={','.join(names)}") as stream:
        connected = await stream.take(1)
        second = await client.submit("echo b", session_id=names[1])
        seen = await stream.until("task_complete", task_id=second)
    async with client.stream(
        f"/api/v1/sse?session_id={','.join(names)}", last_event_id=seen[1].id
    ) as stream:
        again = await stream.until("task_complete", task_id=second)

    assert "first_seq" not in connected[0].data
    assert _without_ids(seen) == _without_ids(await client.events(second))
    assert _without_ids(events_of(again)) == _without_ids(seen[2:])


async def test_several_tasks_are_streamed_from_their_beginnings_to_the_last_end(
    client: Client, session_id: str
) -> None:
    tasks = [
        await client.submit(f"echo {name}", session_id=f"{session_id}-{name}")
        for name in ("a", "b", "b")
    ]
    path = f"/api/v1/sse?task_id={','.join(tasks)}"

    async with client.stream(path) as stream:
        seen = await stream.to_end()
    async with client.stream(path, last_event_id=stream.last_id) as stream:
        assert stream.status == 204

    for task_id in tasks:
        assert _of(seen, task_id=task_id) == _without_ids(await client.events(task_id))
    assert seen[-1] == Frame(event="end", data={"reason": "task_finished"})


async def test_one_task_by_name_is_the_tasks_own_stream(client: Client, session_id: str) -> None:
    task_id = await client.submit(TALKING, session_id=session_id)
    whole = await client.events(task_id)

    async with client.stream(
        f"/api/v1/sse?task_id={task_id}", last_event_id=whole[10].id
    ) as stream:
        seen = await stream.to_end()

    assert events_of(seen) == whole[11:]
    assert types_of(seen[-1:]) == ["end"]


async def test_filters_given_together_must_all_match(client: Client, session_id: str) -> None:
    async with client.stream(f"/api/v1/sse?session_id={session_id}&agent_id=react") as stream:
        await stream.take(1)
        await client.submit("echo hidden", session_id=session_id)
        shown = await client.submit("List all files", session_id=session_id, agent="react")
        seen = events_of(await stream.until("task_complete", task_id=shown))

    assert seen == await client.events(shown)


async def test_a_stream_of_nothing_in_particular_is_refused_with_the_names(
    client: Client,
) -> None:
    answer = await client.request("GET", "/api/v1/sse")

    assert answer.status_code == 400
    for name in ("session_id", "agent_id", "task_id"):
        assert name in answer.text


def _ended(frames: list[Frame]) -> set[object]:
    return {frame.data["task_id"] for frame in frames if frame.event in ENDS}


def _of(frames: list[Frame], **fields: object) -> list[Frame]:
    return _without_ids([one for one in frames if fields.items() <= one.data.items()])


def _without_ids(frames: list[Frame]) -> list[Frame]:
    """The same events carry other ids on streams of other kinds."""
    return [Frame(event=frame.event, data=frame.data) for frame in frames]
