"""Cursors over more sessions than fit into an id, on a server that is killed and started again."""

from pathlib import Path

from tests.e2e.client import Client, client_of, events_of
from tests.e2e.running_server import running_server
from tests.e2e.sse_reader import Frame

STREAM = "/api/v1/agents/shell/stream"
SESSIONS = 170


async def test_every_long_cursor_is_exact_after_the_server_was_killed(tmp_path: Path) -> None:
    with running_server(tmp_path / "data") as server:
        async with client_of(server) as client:
            cursor = await _cursor_of_now(client)
            whole = await _events_until(client, cursor, tasks=await _submitted(client))
            server.kill()
            server.start()

            long = [number for number, frame in enumerate(whole) if str(frame.id)[0] == "h"]
            rests = {
                number: await _from(client, str(whole[number].id), len(whole) - number - 1)
                for number in (long[0], long[len(long) // 2], long[-2])
            }

    assert all(len(str(frame.id)) <= 2048 for frame in whole)
    for number, rest in rests.items():
        assert _without_ids(rest) == _without_ids(whole[number + 1 :])


async def test_a_handle_that_is_not_kept_gets_a_reset(client: Client) -> None:
    async with client.stream(STREAM, last_event_id=f"h.{'0' * 32}.0") as stream:
        frames = await stream.take(2)

    assert (frames[1].event, frames[1].data) == ("reset", {"reason": "trimmed"})


async def _cursor_of_now(client: Client) -> str:
    async with client.stream(STREAM) as stream:
        return str((await stream.take(1))[0].data["cursor"])


async def _submitted(client: Client) -> int:
    for number in range(SESSIONS):
        await client.submit("true", session_id=f"session-{number}")
    return SESSIONS


async def _events_until(client: Client, cursor: str, *, tasks: int) -> list[Frame]:
    """Until so many tasks have ended, all in one connection."""
    async with client.stream(STREAM, last_event_id=cursor) as stream:
        for _ in range(tasks):
            await stream.until("task_complete")
    return events_of(stream.seen)


async def _from(client: Client, cursor: str, count: int) -> list[Frame]:
    async with client.stream(STREAM, last_event_id=cursor) as stream:
        return events_of(await stream.take(count + 1))


def _without_ids(frames: list[Frame]) -> list[Frame]:
    """How the events of two sessions alternate is not the same each time."""
    bare = [Frame(event=frame.event, data=frame.data) for frame in frames]
    return sorted(
        bare, key=lambda frame: (str(frame.data["session_id"]), str(frame.data["seq"]).zfill(9))
    )
