"""Clients that are cut off and come back get exactly what they have not seen."""

from itertools import pairwise

import pytest

from tests.e2e.client import (
    Client,
    ends_of,
    events_of,
    ids_of,
    line_nums,
    types_of,
)
from tests.e2e.gate import OPEN_GATE, PASS, gate_of
from tests.e2e.sse_reader import Frame

TWO_THOUSAND = "for i in $(seq 1 2000); do echo line $i; done"
HELD_EVERY_200 = (
    f"{OPEN_GATE}; i=0; while [ $i -lt 2000 ]; do "
    f"i=$((i+1)); echo line $i; [ $((i % 200)) -ne 0 ] || {PASS}; done"
)
ALL_LINES = [f"line {number}" for number in range(1, 2001)]


async def test_two_thousand_lines_come_once_each_over_ten_cuts(
    client: Client, session_id: str
) -> None:
    task_id = await client.submit(TWO_THOUSAND, session_id=session_id)

    seen = await _read_with_cuts(client, f"/api/v1/tasks/{task_id}/events", every=190, cuts=10)

    _assert_all_lines(seen)
    assert types_of(seen[-2:]) == ["task_complete", "end"]
    assert seen[-1].data == {"reason": "task_finished"}


async def test_cuts_in_mid_run_lose_nothing_while_the_task_goes_on(
    client: Client, session_id: str
) -> None:
    path = f"/api/v1/sse?session_id={session_id}"
    seen: list[Frame] = []
    async with client.stream(path) as stream:
        await stream.take(1)
        await client.submit(HELD_EVERY_200, session_id=session_id)
        gate = await gate_of(stream)
        seen += stream.seen
    for cut in range(1, 11):
        async with client.stream(path, last_event_id=_last_id(seen)) as stream:
            seen += await stream.until("log", line=f"line {200 * cut - 37 * (cut % 3)}")
        gate.let_pass()
    async with client.stream(path, last_event_id=_last_id(seen)) as stream:
        seen += await stream.until("task_complete")

    lines = [frame.data["line"] for frame in seen if frame.event == "log"]
    assert lines == ["ready", *ALL_LINES]
    assert "reset" not in types_of(seen)
    _assert_dense(seen)


async def test_a_client_that_joins_after_the_end_sees_the_same(
    client: Client, session_id: str
) -> None:
    task_id = await client.submit(TWO_THOUSAND, session_id=session_id)
    live = await client.events(task_id)

    by_task = await _read(client, f"/api/v1/tasks/{task_id}/events")
    async with client.stream(f"/api/v1/sse?session_id={session_id}&replay=all") as stream:
        by_session = events_of(await stream.until("task_complete"))

    _assert_all_lines(live)
    assert events_of(by_task) == live
    assert by_session == live


async def test_a_late_client_of_the_session_is_cut_ten_times_too(
    client: Client, session_id: str
) -> None:
    task_id = await client.submit(TWO_THOUSAND, session_id=session_id)
    whole = await client.events(task_id)
    path = f"/api/v1/sse?session_id={session_id}"

    async with client.stream(f"{path}&replay=all") as stream:
        seen = await stream.take(150)
    for _ in range(9):
        async with client.stream(path, last_event_id=_last_id(seen)) as stream:
            seen += await stream.take(200)
    async with client.stream(path, last_event_id=_last_id(seen)) as stream:
        seen += await stream.until("task_complete")

    assert events_of(seen) == whole


async def test_coming_back_after_the_end_of_a_task_is_answered_with_no_content(
    client: Client, session_id: str
) -> None:
    task_id = await client.submit("echo done", session_id=session_id)
    path = f"/api/v1/tasks/{task_id}/events"
    seen = await _read(client, path)

    async with client.stream(path, last_event_id=_last_id(seen)) as stream:
        assert stream.status == 204
        assert await stream.to_end() == []
    async with client.stream(path, last_event_id=events_of(seen)[-2].id) as stream:
        assert events_of(await stream.to_end()) == [events_of(seen)[-1]]


@pytest.mark.parametrize("parameter", ["after", "header wins"])
async def test_the_cursor_may_stand_in_the_query_and_the_header_wins(
    client: Client, session_id: str, parameter: str
) -> None:
    task_id = await client.submit("echo one; echo two", session_id=session_id)
    whole = await client.events(task_id)
    path = f"/api/v1/sse?session_id={session_id}"
    header = whole[1].id if parameter == "header wins" else None

    async with client.stream(f"{path}&after={whole[3].id}", last_event_id=header) as stream:
        seen = events_of(await stream.until("task_complete"))

    assert seen == (whole[2:] if header else whole[4:])


async def test_every_event_is_a_place_to_resume_from(client: Client, session_id: str) -> None:
    task_id = await client.submit("for i in 1 2 3 4; do echo $i; done", session_id=session_id)
    whole = await client.events(task_id)

    for index, frame in enumerate(whole[:-1]):
        async with client.stream(
            f"/api/v1/sse?session_id={session_id}", last_event_id=frame.id
        ) as stream:
            assert events_of(await stream.until("task_complete")) == whole[index + 1 :]


async def _read(client: Client, path: str) -> list[Frame]:
    async with client.stream(path) as stream:
        return await stream.to_end()


async def _read_with_cuts(client: Client, path: str, *, every: int, cuts: int) -> list[Frame]:
    async with client.stream(path) as stream:
        seen = await stream.take(every)
    for _ in range(cuts - 1):
        async with client.stream(path, last_event_id=_last_id(seen)) as stream:
            seen += await stream.take(every)
    async with client.stream(path, last_event_id=_last_id(seen)) as stream:
        return seen + await stream.to_end()


def _last_id(frames: list[Frame]) -> str | None:
    return next((frame.id for frame in reversed(frames) if frame.id), None)


def _assert_all_lines(seen: list[Frame]) -> None:
    assert line_nums(seen) == list(range(1, 2001))
    assert [frame.data["line"] for frame in seen if frame.event == "log"] == ALL_LINES
    assert ends_of(seen) == ["task_complete"]
    assert "reset" not in types_of(seen)
    _assert_dense(seen)


def _assert_dense(seen: list[Frame]) -> None:
    events = events_of(seen)
    numbers = [int(str(frame.data["seq"])) for frame in events]
    assert all(later == earlier + 1 for earlier, later in pairwise(numbers))
    assert all(
        str(id).split("-")[0] == str(n) for id, n in zip(ids_of(events), numbers, strict=True)
    )
