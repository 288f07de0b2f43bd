"""How long an answer is waited for, whatever else a server sends meanwhile."""

import asyncio
from collections.abc import AsyncIterator

import anyio
import pytest

from adapters.llm.deadlines import Deadlines, Patience
from domain.errors import ModelUnavailable
from tests.patience import PATIENCE_S


async def pings() -> AsyncIterator[str]:
    while True:
        await asyncio.sleep(0)
        yield "ping"


async def test_signs_of_life_are_no_beginning_of_an_answer() -> None:
    patience = Patience(Deadlines(first_token_s=0.05), has_begun=lambda: False)

    with (
        anyio.fail_after(PATIENCE_S),
        pytest.raises(ModelUnavailable, match="did not begin to answer"),
    ):
        async for _ in patience.each(pings()):
            pass


async def test_an_answer_that_goes_on_may_take_longer_than_any_deadline() -> None:
    patience = Patience(Deadlines(first_token_s=0.01, idle_s=5), has_begun=lambda: True)
    count = 0

    with anyio.fail_after(PATIENCE_S):
        async for _ in patience.each(pings()):
            count += 1
            if count == 10_000:
                break

    assert count == 10_000


async def test_events_end_when_the_server_ends_them() -> None:
    async def two() -> AsyncIterator[int]:
        yield 1
        yield 2

    patience = Patience(Deadlines(), has_begun=lambda: True)

    assert [event async for event in patience.each(two())] == [1, 2]
