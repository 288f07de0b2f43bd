"""Trimming on a full disk."""

from datetime import datetime

import pytest

from adapters.memory.database import MemoryDatabase
from adapters.memory.event_retention import MemoryEventRetention
from application.upkeep.log_trimming import LogTrimming
from domain.errors import StorageFull
from domain.ids import SessionKey
from ports.event_retention import Trimmed
from tests.fakes import FakeClock


class FullRetention(MemoryEventRetention):
    """Has room for steps of so many events, of which there are 20."""

    def __init__(self, *, room: int) -> None:
        super().__init__(MemoryDatabase(FakeClock()))
        self._room = room
        self.left = 20

    async def trim(
        self, session_key: SessionKey, *, ended_before: datetime, limit: int
    ) -> Trimmed:
        if limit > self._room:
            raise StorageFull("no room")
        gone = min(limit, self.left)
        self.left -= gone
        return Trimmed(events=gone, size=gone)


@pytest.mark.parametrize("room", [1, 7, 100])
async def test_without_room_for_a_step_shorter_ones_are_taken(room: int) -> None:
    retention = FullRetention(room=room)

    await LogTrimming(retention).trim_session(SessionKey(1))

    assert retention.left == 0


async def test_without_room_for_any_step_it_fails_with_storage_full() -> None:
    with pytest.raises(StorageFull):
        await LogTrimming(FullRetention(room=0)).trim_session(SessionKey(1))
