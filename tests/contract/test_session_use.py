"""Whether anything of a session is still in use, by its key and its name."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.ids import SessionKey
from domain.principal import LOCAL
from ports.event_retention import SessionName
from tests.contract.retention_store import RetentionStore, open_retention_store
from tests.contract.store_harness import TALK

AFTER_ALL = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[RetentionStore]:
    async with open_retention_store(store_url) as store:
        yield store


async def test_a_session_is_in_use_while_it_has_events_or_tasks(store: RetentionStore) -> None:
    uses = [await store.retention.use_of(name_of(SessionKey(404)))]
    claim = await store.harness.start()
    name = name_of(claim.task.session_key)
    uses.append(await store.retention.use_of(name))
    await store.harness.end(claim)
    uses.append(await store.retention.use_of(name))
    await store.trim_all(claim.task.session_key, ended_before=AFTER_ALL)
    uses.append(await store.retention.use_of(name))

    assert uses == ["gone", "busy", "idle", "spent"]


async def test_the_tasks_of_a_session_are_known_also_when_it_is_deleted(
    store: RetentionStore,
) -> None:
    first = await store.harness.start()
    await store.harness.end(first)
    second = await store.harness.start()
    await store.harness.end(second)
    await store.harness.sessions.delete(LOCAL, TALK)

    found = await store.retention.tasks_of(first.task.session_key)

    assert sorted(found) == sorted([first.task.task_id, second.task.task_id])
    assert await store.retention.tasks_of(SessionKey(404)) == []


async def test_a_deleted_session_is_gone_though_a_new_one_has_its_id(
    store: RetentionStore,
) -> None:
    ended = await store.harness.start()
    await store.harness.end(ended)
    await store.harness.sessions.delete(LOCAL, TALK)
    new = await store.harness.start()

    names = [name_of(claim.task.session_key) for claim in (ended, new)]

    assert [await store.retention.use_of(name) for name in names] == ["gone", "busy"]


async def test_a_session_of_another_name_is_another_stores(store: RetentionStore) -> None:
    claim = await store.harness.start()
    name = replace(name_of(claim.task.session_key), owner="another")

    assert await store.retention.use_of(name) == "gone"


def name_of(key: SessionKey) -> SessionName:
    return SessionName(session_key=key, tenant=LOCAL.tenant, owner=LOCAL.owner, session_id=TALK)
