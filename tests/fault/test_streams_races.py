"""Streams that are opened at the moment of the event that they are to show."""

from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import TypeVar

import anyio
import pytest

from tests.e2e.client import Client, events_of, types_of
from tests.e2e.live_processes import pids_of
from tests.e2e.sse_reader import Frame
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.load

T = TypeVar("T")
ROUNDS = 60
LAST_SEQ = 56  # of a task of fifty lines
AT_ONCE = 6
OVER = Frame(event="end", data={"reason": "task_finished"})
DELETED = Frame(event="end", data={"reason": "session_deleted"})


async def test_streams_opened_while_a_task_is_submitted_see_all_that_comes(own: Client) -> None:
    for number in range(ROUNDS):
        session_id = f"append-{number}"
        path = f"/api/v1/sse?session_id={session_id}"
        whole: list[Frame] = []

        async def submit(session_id: str = session_id, whole: list[Frame] = whole) -> None:
            whole += await own.events(await own.submit("echo a; echo b", session_id=session_id))

        async def watch(path: str = path) -> list[Frame]:
            async with own.stream(f"{path}&replay=all") as stream:
                return await stream.until("task_complete")

        seen = await _with_many(watch, submit)

        for frames in seen:
            assert events_of(frames) == whole


async def test_streams_opened_without_a_cursor_in_mid_run_have_no_hole(own: Client) -> None:
    for number in range(ROUNDS):
        task_id = await own.submit("seq 50", session_id=f"live-{number}")

        async def watch(number: int = number) -> list[Frame]:
            async with own.stream(f"/api/v1/sse?session_id=live-{number}") as stream:
                await stream.take(1)
                if stream.seen[0].data["last_seq"] != LAST_SEQ:
                    await stream.until("task_complete")
                return stream.seen

        seen = await _with_many(watch, _nothing)

        for connected, *events in seen:
            numbers = [_number(connected.data["last_seq"]), *(_seq(frame) for frame in events)]
            assert numbers[-1] == LAST_SEQ
            assert all(later == earlier + 1 for earlier, later in pairwise(numbers))
        await own.finished(task_id)


async def test_streams_opened_while_a_task_ends_see_its_end_or_that_it_is_over(
    own: Client,
) -> None:
    for number in range(ROUNDS):
        task_id = await own.submit("echo a", session_id=f"finish-{number}")
        path = f"/api/v1/tasks/{task_id}/events"
        async with own.stream(path) as stream:
            await stream.until("log")
            cursor = stream.last_id

            async def watch(
                path: str = path, cursor: str | None = cursor
            ) -> tuple[int, list[Frame]]:
                async with own.stream(path, last_event_id=cursor) as late:
                    return late.status, await late.to_end()

            late = await _with_many(watch, _nothing)
            rest = await stream.to_end()

        assert rest[-1] == OVER
        for status, frames in late:
            assert status == 200
            assert events_of(frames) == events_of(rest)
            assert frames[-1] == OVER


async def test_streams_opened_while_their_session_is_deleted_end(own: Client) -> None:
    for number in range(ROUNDS):
        session_id = f"delete-{number}"
        task_id = await own.submit("while :; do echo more; done", session_id=session_id)

        async def delete(session_id: str = session_id) -> None:
            answer = await own.request("DELETE", f"/api/v1/sessions/{session_id}")
            assert answer.status_code == 204

        async def watch(task_id: str = task_id) -> tuple[int, list[Frame]]:
            path = f"/api/v1/tasks/{task_id}/events"
            async with own.stream(path) as stream:
                return stream.status, await stream.to_end() if stream.status == 200 else []

        for status, frames in await _with_many(watch, delete):
            assert status == 404 or frames[-1:] == [DELETED], status
            numbers = [_seq(frame) for frame in events_of(frames)]
            assert numbers == list(range(1, len(numbers) + 1))
        with anyio.fail_after(PATIENCE_S):
            while pids_of(task_id):
                await own.get("/health")


async def test_a_busy_session_is_deleted_under_its_watchers_and_no_others(own: Client) -> None:
    talking = "while :; do echo more; done"
    tasks = {name: await own.submit(talking, session_id=name) for name in ("kept", "gone")}
    async with own.stream("/api/v1/sse?session_id=kept") as kept:
        await kept.until("log")

        async def watch() -> list[Frame]:
            async with own.stream("/api/v1/sse?session_id=gone&replay=5") as stream:
                await stream.until("log")
                watching.release()
                return await stream.to_end()

        async def delete() -> None:
            for _ in range(AT_ONCE):
                await watching.acquire()
            await own.request("DELETE", "/api/v1/sessions/gone")

        watching = anyio.Semaphore(0)
        seen = await _with_many(watch, delete)
        missing = await own.request("GET", "/api/v1/tasks/" + tasks["gone"])
        await own.request("POST", f"/api/v1/tasks/{tasks['kept']}/cancel")
        rest = await kept.until("task_cancelled")

    assert [frames[-1] for frames in seen] == [DELETED] * AT_ONCE
    assert missing.status_code == 404
    assert "reset" not in types_of(rest)
    numbers = [_seq(frame) for frame in events_of(kept.seen)]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def _with_many(
    watch: Callable[[], Awaitable[T]], meanwhile: Callable[[], Awaitable[None]]
) -> list[T]:
    """What several streams saw that were opened at the same time as something else began."""
    seen: list[T] = []

    async def one(place: int) -> None:
        if place == AT_ONCE // 2:
            await meanwhile()
        else:
            seen.append(await watch())

    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            for place in range(AT_ONCE + 1):
                group.start_soon(one, place)
    return seen


async def _nothing() -> None:
    pass


def _seq(frame: Frame) -> int:
    return _number(frame.data["seq"])


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value
