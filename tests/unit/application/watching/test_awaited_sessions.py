"""Sessions that are watched before they exist."""

from collections.abc import Collection, Mapping

from adapters.http.streaming.frames import event_frame
from adapters.memory.database import MemoryDatabase
from adapters.memory.event_log import MemoryEventLog
from adapters.memory.session_store import MemorySessionStore
from adapters.memory.task_feed import MemoryTaskFeed
from application.watching.tails import Tails
from domain.ids import SessionId, SessionKey
from domain.principal import Principal
from ports.session_store import SessionEdit
from tests.contract.store_harness import ALICE, BOB
from tests.fakes import FakeClock


class CountedSessions(MemorySessionStore):
    def __init__(self, database: MemoryDatabase) -> None:
        super().__init__(database)
        self.asked: list[Principal] = []

    async def find_keys(
        self, principal: Principal, session_ids: Collection[SessionId]
    ) -> Mapping[SessionId, SessionKey]:
        self.asked.append(principal)
        return await super().find_keys(principal, session_ids)


async def test_all_that_an_owner_awaits_is_looked_for_at_once() -> None:
    database = MemoryDatabase(FakeClock())
    sessions = CountedSessions(database)
    tails = Tails(
        log=MemoryEventLog(database),
        sessions=sessions,
        feed=MemoryTaskFeed(database),
        render=event_frame,
    )
    woken: list[str] = []
    names = [SessionId(f"s-{number}") for number in range(50)]
    hers = [tails.await_session(ALICE, name, lambda: woken.append("alice")) for name in names]
    his = tails.await_session(BOB, names[0], lambda: woken.append("bob"))

    made = await sessions.create(ALICE, names[7], SessionEdit())
    await tails.look()

    assert [one.session_id for one in hers if one.session_key == made.session_key] == [names[7]]
    assert (his.session_key, woken) == (None, ["alice"])
    assert sorted(one.owner for one in sessions.asked) == ["alice", "bob"]
