"""A channel that has written all there is rests at once, but not for clients that have gone."""

from application.watching.stream_request import Replay, StreamRequest
from application.watching.stream_steps import IDLE, Connected, Events
from domain.ids import SessionId
from domain.principal import LOCAL
from tests.contract.store_harness import TALK
from tests.unit.adapters.http.streaming.test_flush import Client, World, world

ALL_OF_IT = StreamRequest(session_ids=(SessionId(TALK),), start=Replay(None))


class Leaver(Client):
    """Found to have gone at its first event."""

    def write(self, data: bytes) -> bool:
        super().write(data)
        if self.seqs:
            self._flush.on_gone(self)
        return True


async def test_a_client_that_goes_while_it_is_written_to_leaves_the_others_all_events() -> None:
    async with world() as here:
        leaver = await _leaver(here)
        await here.until(lambda: leaver.is_closed)

        others = await here.clients(2)
        await here.append(2)
        await here.until(lambda: all(map(here.has_all, others)))

        assert here.channels == 1
        assert here.program.container.streams.watches().counts().watchers == 2


async def test_a_watch_is_at_rest_just_when_its_next_step_is_idle() -> None:
    async with world() as here:
        watch = await here.program.container.streams.watches().open(LOCAL, ALL_OF_IT)
        assert watch is not None
        seen = []
        while (rested := watch.is_at_rest, step := watch.step())[1] is not IDLE:
            seen.append((rested, type(step)))
            if not isinstance(step, Connected | Events):
                await watch.read()
        await here.append()
        stirred = watch.is_at_rest
        here.program.container.streams.watches().close(watch)

        assert rested and not stirred
        assert all(not earlier for earlier, _ in seen)


async def _leaver(here: World) -> Leaver:
    watch = await here.program.container.streams.watches().open(LOCAL, ALL_OF_IT)
    assert watch is not None
    leaver = Leaver(watch.stream, here.flush)
    here.flush.add(watch, leaver)
    return leaver
