"""Whatever clients do while events come, each gets every event once and in order."""

import asyncio

from anyio.lowlevel import checkpoint
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.adapters.http.streaming.test_flush import Client, world

CLIENTS = 4
WHO = st.integers(0, CLIENTS - 1)
STEPS = st.lists(
    st.tuples(st.sampled_from(["append", "fill", "room", "gone", "turn"]), WHO), max_size=60
)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(STEPS)
def test_nobody_gets_a_byte_twice_or_misses_one(steps: list[tuple[str, int]]) -> None:
    asyncio.run(_carry_out(steps))


async def _carry_out(steps: list[tuple[str, int]]) -> None:
    async with world() as here:
        clients = [await here.client() for _ in range(CLIENTS)]
        for what, who in steps:
            match what:
                case "append":
                    await here.append(who + 1)
                case "fill":
                    clients[who].fills = True
                case "room":
                    clients[who].make_room()
                case "gone":
                    here.flush.on_gone(clients[who])
                case _:
                    await checkpoint()
        staying = [one for one in clients if not one.is_closed]
        for one in staying:
            one.make_room()
        await here.until(lambda: all(map(here.has_all, staying)))
        await here.until(lambda: here.channels <= 1)
        gone = [one for one in clients if one.is_closed]
        await here.until(lambda: all(one.times_left == 1 for one in gone))

        assert [_is_prefix(one) for one in gone] == [True] * len(gone)
        assert [one.times_left for one in staying] == [0] * len(staying)
        assert here.program.container.streams.watches().counts().watchers == len(staying)


def _is_prefix(client: Client) -> bool:
    return client.seqs == list(range(1, len(client.seqs) + 1))
