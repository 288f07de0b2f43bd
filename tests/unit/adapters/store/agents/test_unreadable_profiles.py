"""Stored agents that this version cannot read: the others are listed, and it is logged once."""

from pathlib import Path

import pytest
from sqlalchemy import update

from adapters.store.agents.profile_store import SqlProfileStore
from adapters.store.open_database import open_database
from adapters.store.schema.tables import agent_profiles
from domain.agent_profile import AgentProfile
from domain.ids import AgentName

GOOD = AgentProfile(name=AgentName("good"), kind="command", argv=("a",), source="api")
OTHER = AgentProfile(name=AgentName("other"), kind="command", argv=("a",), source="api")


async def test_an_unreadable_agent_is_left_out_logged_once_and_can_be_removed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = open_database(f"sqlite:///{tmp_path}/agents.db")
    newer = '{"name": "other", "kind": "command", "sandbox": "maybe", "env": {"KEY": "canary"}}'
    async with database.opened():
        store = SqlProfileStore(database)
        await store.put(GOOD)
        await store.put(OTHER)
        is_other = agent_profiles.c.name == OTHER.name
        await database.write(
            lambda c: c.execute(update(agent_profiles).where(is_other).values(body=newer)).rowcount
        )
        listed = [await store.list() for _ in range(3)]
        was_there = await store.remove(OTHER.name)

    assert (listed, was_there) == ([[GOOD]] * 3, True)
    [line] = [record.getMessage() for record in caplog.records]
    assert line.startswith("the stored agent other cannot be read: ('sandbox',)")
    assert "canary" not in line
