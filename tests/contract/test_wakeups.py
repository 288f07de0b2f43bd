"""What every carrier of wake-ups promises."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import anyio
import pytest

from adapters.memory.wakeups import MemoryWakeups
from adapters.store.open_database import open_wakeups
from domain.ids import SessionKey
from ports.openable import Openable
from ports.wakeups import Hint, Wakeups
from tests.contract.postgres import execute
from tests.patience import PATIENCE_S

Pair = tuple[Wakeups, Wakeups]
"""One node's sender and another's receiver; in one process they are the same."""


@pytest.fixture(params=["memory", "postgres"])
def make_pair(request: pytest.FixtureRequest) -> Callable[[], Pair]:
    if request.param == "memory":
        alone = MemoryWakeups()
        return lambda: (alone, alone)
    url = str(request.getfixturevalue("postgres_url"))
    return lambda: (open_wakeups(url), open_wakeups(url))


@pytest.fixture
async def pair(make_pair: Callable[[], Pair]) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as opened:
        pair = make_pair()
        for wakeups in pair:
            if isinstance(wakeups, Openable):
                await opened.enter_async_context(wakeups.opened())
        yield pair


async def test_every_listener_is_called_for_a_session_and_for_the_queue(pair: Pair) -> None:
    one, other = pair
    own, theirs = asyncio.Queue[Hint](100), asyncio.Queue[Hint](100)

    with one.listen(own.put_nowait), other.listen(theirs.put_nowait):
        one.notify(SessionKey(7))
        one.notify(None)

        assert await _received(own, SessionKey(7), None)
        assert await _received(theirs, SessionKey(7), None)


async def test_a_listener_is_left_alone_when_it_has_left(pair: Pair) -> None:
    one, other = pair
    left, stayed = asyncio.Queue[Hint](100), asyncio.Queue[Hint](100)

    with other.listen(stayed.put_nowait):
        with other.listen(left.put_nowait):
            pass
        one.notify(SessionKey(7))
        await _received(stayed, SessionKey(7))

    assert left.empty()


async def test_a_flood_of_hints_arrives_whole(pair: Pair) -> None:
    one, other = pair
    received: set[Hint] = set()
    has_all = asyncio.Event()

    def receive(hint: Hint) -> None:
        received.add(hint)
        if len(received) == 2_000:
            has_all.set()

    with other.listen(receive):
        for key in range(2_000):
            one.notify(SessionKey(10**17 + key))
        with anyio.fail_after(PATIENCE_S):
            await has_all.wait()

    assert received == {SessionKey(10**17 + key) for key in range(2_000)}


async def test_a_notify_without_listeners_does_nothing(pair: Pair) -> None:
    one, _ = pair

    one.notify(SessionKey(7))


async def test_nodes_are_notified_again_after_their_connections_were_cut(
    postgres_url: str,
) -> None:
    one, other = open_wakeups(postgres_url), open_wakeups(postgres_url)
    was_called = asyncio.Event()
    assert isinstance(one, Openable)
    assert isinstance(other, Openable)

    async with one.opened(), other.opened():
        await execute(
            postgres_url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'agentcast'",
        )
        with other.listen(lambda _: was_called.set()), anyio.fail_after(PATIENCE_S):
            while not was_called.is_set():
                one.notify(SessionKey(7))
                with anyio.move_on_after(0.05):
                    await was_called.wait()


async def _received(hints: asyncio.Queue[Hint], *expected: Hint) -> bool:
    """Whether each of these comes; hints may be doubled and change places."""
    missing = set(expected)
    with anyio.fail_after(PATIENCE_S):
        while missing:
            missing.discard(await hints.get())
    return True


async def test_a_listener_to_others_only_is_not_called_for_its_own_hints(pair: Pair) -> None:
    one, other = pair
    all_hints, from_others = asyncio.Queue[Hint](100), asyncio.Queue[Hint](100)

    with one.listen(all_hints.put_nowait), one.listen(from_others.put_nowait, others_only=True):
        one.notify(SessionKey(7))
        await _received(all_hints, SessionKey(7))
        if other is not one:
            other.notify(SessionKey(8))
            await _received(all_hints, SessionKey(8))
            await _received(from_others, SessionKey(8))

    assert from_others.empty()
