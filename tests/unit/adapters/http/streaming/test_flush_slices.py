"""A turn of the loop writes no more than a slice, so that other requests have theirs in between."""

import anyio
from anyio.lowlevel import checkpoint

from adapters.http.streaming.flush import SLICE
from tests.patience import PATIENCE_S
from tests.unit.adapters.http.streaming.test_flush import Client, World, world


async def test_no_turn_writes_more_than_a_slice() -> None:
    async with world() as here:
        clients = await here.clients(4 * SLICE)
        for client in clients[::2]:
            client.fills = True

        assert 0 < await most_in_a_turn(here, clients) <= SLICE


async def test_a_turn_ends_sooner_when_writing_takes_long() -> None:
    async with world() as here:
        clients = await here.clients(SLICE)
        for client in clients:
            client.takes_s = 0.001

        assert 0 < await most_in_a_turn(here, clients) <= SLICE // 4


async def most_in_a_turn(here: World, clients: list[Client]) -> int:
    """The most writes of one turn, until an event has been written to all."""
    written, most = sum(one.writes for one in clients), 0
    until = written + len(clients)
    await here.append()
    with anyio.fail_after(PATIENCE_S):
        while written < until:
            await checkpoint()
            before, written = written, sum(one.writes for one in clients)
            most = max(most, written - before)
    return most


async def test_one_that_is_ahead_of_those_who_share_joins_them_once_they_have_caught_up() -> None:
    async with world() as here:
        ahead = await here.client()
        await here.until(lambda: here.has_all(ahead))
        ahead.fills = True
        await here.append()
        await here.until(lambda: here.flush.parked == 1)
        others = [await here.client() for _ in range(2)]
        await here.until(lambda: here.channels == 2)

        ahead.make_room()  # it is the first to have its turn from now on
        await here.append()
        await here.until(lambda: here.channels == 1)

        assert all(map(here.has_all, [ahead, *others]))
