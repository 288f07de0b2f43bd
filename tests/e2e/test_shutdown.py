"""Asking a server to end while it is at work."""

import signal
from pathlib import Path

import anyio
import httpx2
import pytest

from tests.e2e.client import Client, client_of, ends_of, events_of, types_of
from tests.e2e.live_processes import processes_of
from tests.e2e.running_server import running_server
from tests.e2e.sse_reader import Frame
from tests.patience import PATIENCE_S

WAITING = "echo ready; sleep 600"
IGNORES_SIGNALS = "trap '' TERM INT HUP; echo ready; while :; do sleep 600; done"
DRAINING = Frame(event="end", data={"reason": "server_draining"})


@pytest.mark.parametrize("asked_by", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_streams_learn_how_their_tasks_ended_and_the_exit_code_is_zero(
    own: Client, asked_by: signal.Signals
) -> None:
    async with (
        own.stream("/api/v1/sse?session_id=busy") as of_session,
        own.stream("/api/v1/sse?session_id=nobody") as of_nobody,
        own.stream("/api/v1/agents/shell/stream") as of_agent,
    ):
        task_id = await own.submit(WAITING, session_id="busy")
        await of_session.until("log", line="ready")
        async with own.stream(f"/api/v1/tasks/{task_id}/events") as of_task:
            await of_task.take(1)
            with processes_of(task_id) as children:
                own.server.signal(asked_by)
                ended = [await one.to_end() for one in (of_session, of_agent, of_task)]
                idle = await of_nobody.to_end()
                code = await anyio.to_thread.run_sync(own.server.exit_code)
                await children.all_gone()

    assert code == 0
    assert types_of(idle) == ["connected", "end"]
    assert idle[-1] == DRAINING
    for frames in ended:
        assert ends_of(frames) == ["task_interrupted"]
        assert frames[-2].data["reason"] == "shutdown"
        assert frames[-1].event == "end"
    assert (ended[0][-1], ended[1][-1]) == (DRAINING, DRAINING)


async def test_an_ending_server_is_not_ready_and_takes_nothing_and_a_second_signal_hurries(
    own: Client,
) -> None:
    task_id = await own.submit(IGNORES_SIGNALS, session_id="stubborn")
    async with own.stream(f"/api/v1/tasks/{task_id}/events") as stream:
        await stream.until("log", line="ready")
        with processes_of(task_id) as children:
            own.server.signal(signal.SIGTERM)
            ready = await _readiness_lost(own)
            refused = await _submission_while_draining(own)
            alive = await own.request("GET", "/health")
            own.server.signal(signal.SIGTERM)
            code = own.server.exit_code(within_s=2)
            await children.all_gone()

    assert code == 0
    waits = "stopping; waiting up to 8 s for 1 task; press Ctrl-C again to kill what runs"
    assert (waits in own.server.log, "killing what still runs" in own.server.log) == (True, True)
    assert (ready.status_code, ready.json()["code"]) == (503, "draining")
    assert (refused.status_code, refused.json()["code"]) == (503, "draining")
    assert int(refused.headers["retry-after"]) > 0
    assert alive.status_code == 200
    own.server.start()
    assert (await own.finished(task_id))["status"] == "interrupted"
    assert ends_of(await own.events(task_id)) == ["task_interrupted"]


async def test_twenty_running_tasks_and_their_streams_end_in_time(own: Client) -> None:
    tasks = [await own.submit(WAITING, session_id=f"s{number}") for number in range(20)]
    for task_id in tasks:
        async with own.stream(f"/api/v1/tasks/{task_id}/events") as stream:
            await stream.until("log", line="ready")

    own.server.signal(signal.SIGTERM)
    code = own.server.exit_code(within_s=10)
    own.server.start()

    assert code == 0
    for task_id in tasks:
        task = await own.get(f"/api/v1/tasks/{task_id}")
        assert (task["status"], task["reason"]) == ("interrupted", "shutdown")


async def test_tasks_that_ignore_signals_are_killed_within_the_time_set_for_a_shutdown(
    tmp_path: Path,
) -> None:
    with running_server(tmp_path / "data", AGENTCAST_SHUTDOWN_S="2") as server:
        async with client_of(server) as client:
            task_id = await client.submit(IGNORES_SIGNALS, session_id="stubborn")
            async with client.stream(f"/api/v1/tasks/{task_id}/events") as stream:
                await stream.until("log", line="ready")
                with processes_of(task_id) as children:
                    server.signal(signal.SIGTERM)
                    code = await anyio.to_thread.run_sync(lambda: server.exit_code(within_s=4))
                    await children.all_gone()
                seen = await stream.to_end()

    assert code == 0
    assert ends_of(seen) == ["task_interrupted"]


@pytest.mark.load
async def test_tasks_that_ignore_signals_are_killed_within_ten_seconds_by_default(
    own: Client,
) -> None:
    task_id = await own.submit(IGNORES_SIGNALS, session_id="stubborn")
    async with own.stream(f"/api/v1/tasks/{task_id}/events") as stream:
        await stream.until("log", line="ready")
        with processes_of(task_id) as children:
            own.server.signal(signal.SIGTERM)
            code = await anyio.to_thread.run_sync(lambda: own.server.exit_code(within_s=10))
            await children.all_gone()
        seen = await stream.to_end()

    assert code == 0
    assert ends_of(seen) == ["task_interrupted"]


async def test_open_streams_do_not_keep_the_server_alive(own: Client) -> None:
    async with (
        own.stream("/api/v1/sse?session_id=a") as first,
        own.stream("/api/v1/sse?session_id=a,b&types=task_*") as second,
    ):
        await first.take(1)
        await second.take(1)

        own.server.signal(signal.SIGTERM)

        assert own.server.exit_code(within_s=4) == 0
        assert [await one.to_end() for one in (first, second)] == [[DRAINING]] * 2


async def test_what_is_queued_waits_for_the_next_start_and_streams_go_on(own: Client) -> None:
    await own.submit(WAITING, session_id="line")
    async with own.stream("/api/v1/sse?session_id=line&replay=all") as stream:
        await stream.until("log", line="ready")
        waiting = await own.submit("echo after", session_id="line")
        await stream.until("task_queued", task_id=waiting)
        own.server.signal(signal.SIGTERM)
        await stream.to_end()
        own.server.exit_code()

    own.server.start()
    async with own.stream("/api/v1/sse?session_id=line", last_event_id=stream.last_id) as again:
        await again.until("task_complete", task_id=waiting)

    seen = events_of(stream.seen + again.seen)
    assert [frame.data["seq"] for frame in seen] == list(range(1, len(seen) + 1))
    assert ends_of(seen) == ["task_interrupted", "task_complete"]


async def _readiness_lost(own: Client) -> httpx2.Response:
    with anyio.fail_after(PATIENCE_S):
        while (answer := await own.request("GET", "/ready")).status_code == 200:
            pass
    return answer


async def _submission_while_draining(own: Client) -> httpx2.Response:
    body = {"task": "true", "session_id": "late", "agent": "shell"}
    return await own.request("POST", "/api/v1/tasks", json=body)
