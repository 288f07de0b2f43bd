"""The first thing anyone tries, with nothing configured."""

from tests.e2e.client import Client, types_of

TASK = "List all .py files in the current directory"


async def test_a_stream_opened_before_its_session_exists_shows_the_whole_task(
    client: Client,
) -> None:
    async with client.stream("/api/sse?session_id=test-123") as stream:
        connected = await stream.take(1)
        answer = await client.request(
            "POST", "/api/tasks", json={"task": TASK, "session_id": "test-123"}
        )
        seen = await stream.until("task_complete")

    assert types_of(connected) == ["connected"]
    assert connected[0].id == "0-00000000"
    assert connected[0].data == {
        "session_id": "test-123",
        "cursor": "0-00000000",
        "first_seq": 1,
        "last_seq": 0,
        "ping_s": 15,
    }
    assert len(stream.parser.retry_ms) == 1
    assert 1500 <= stream.parser.retry_ms[0] <= 3000
    assert answer.status_code == 202
    expected = ["task_queued", "task_analysis", "tool_call_start", "tool_call_complete"]
    assert [kind for kind in types_of(seen) if kind in expected] == expected
    assert [frame.data["seq"] for frame in seen] == list(range(1, len(seen) + 1))


async def test_both_prefixes_stream_with_the_headers_of_an_event_stream(
    client: Client, session_id: str
) -> None:
    for prefix in ("/api", "/api/v1"):
        async with client.stream(f"{prefix}/sse?session_id={session_id}") as stream:
            await stream.take(1)

            assert stream.status == 200
            assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert stream.headers["cache-control"] == "no-store"
            assert stream.headers["x-accel-buffering"] == "no"
            assert "content-encoding" not in stream.headers


async def test_a_tool_lists_the_files_that_are_really_there(
    client: Client, session_id: str
) -> None:
    await client.finished(await client.submit("touch one.py two.txt", session_id=session_id))

    task_id = await client.submit(TASK, session_id=session_id, agent="react")
    done = [frame for frame in await client.events(task_id) if frame.event == "tool_call_complete"]

    assert [frame.data["status"] for frame in done] == ["ok"]
    assert "one.py" in str(done[0].data["result"])
    assert "two.txt" not in str(done[0].data["result"])
