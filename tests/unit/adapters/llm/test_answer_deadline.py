"""How long an answer is waited for, whatever else a server sends meanwhile."""

import asyncio
from collections.abc import AsyncIterator

import anyio
import pytest

from adapters.llm.served_model import AnswerDeadline, Deadlines
from domain.errors import ModelUnavailable
from tests.patience import PATIENCE_S


async def pings() -> AsyncIterator[str]:
    while True:
        await asyncio.sleep(0)
        yield "ping"


async def test_keep_alive_events_do_not_begin_an_answer() -> None:
    deadline = AnswerDeadline(Deadlines(first_token_s=0.05), has_begun=lambda: False)

    with (
        anyio.fail_after(PATIENCE_S),
        pytest.raises(ModelUnavailable, match="did not begin to answer"),
    ):
        async for _ in deadline.each(pings()):
            pass


async def test_an_answer_that_continues_may_take_longer_than_any_deadline() -> None:
    deadline = AnswerDeadline(Deadlines(first_token_s=0.01, idle_s=5), has_begun=lambda: True)
    count = 0

    with anyio.fail_after(PATIENCE_S):
        async for _ in deadline.each(pings()):
            count += 1
            if count == 10_000:
                break

    assert count == 10_000


async def test_events_end_with_the_stream_of_the_server() -> None:
    async def two() -> AsyncIterator[int]:
        yield 1
        yield 2

    deadline = AnswerDeadline(Deadlines(), has_begun=lambda: True)

    assert [event async for event in deadline.each(two())] == [1, 2]
