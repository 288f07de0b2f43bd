"""What every store of questions in words promises."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from adapters.memory.asking import MemoryQuestionStore
from adapters.memory.database import MemoryDatabase
from adapters.store.asking.question_store import SqlQuestionStore
from adapters.store.log.event_log import SqlEventLog
from adapters.store.open_database import open_database
from domain.ids import TaskId
from domain.principal import LOCAL
from domain.task_input import Reply
from ports.question_store import QuestionStore, StoredQuestion
from tests.contract.postgres import emptied
from tests.contract.store_harness import TALK, StoreHarness
from tests.fakes import FakeClock

BLUE = Reply(text="blue, ä\n🙂", by="ann")
RED = Reply(text="red", by="bob")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    harness: StoreHarness
    store: QuestionStore

    async def ask(self) -> TaskId:
        """The task of an open question."""
        task_id = (await self.harness.start()).task.task_id
        await self.store.open(task_id, "call_1")
        return task_id


@pytest.fixture
async def desk(store_url: str) -> AsyncIterator[Desk]:
    if store_url == "memory":
        memory = MemoryDatabase(FakeClock())
        harness = StoreHarness.in_memory(memory)
        yield Desk(harness=harness, store=MemoryQuestionStore(memory))
        return
    if store_url.startswith("postgresql"):
        await emptied(store_url)
    sql = open_database(store_url)
    log = SqlEventLog(sql)
    async with sql.opened(), log.opened():
        harness = StoreHarness.on_sql(sql, log)
        yield Desk(harness=harness, store=SqlQuestionStore(sql))


async def test_an_answer_is_found_by_whoever_asked(desk: Desk) -> None:
    task_id = await desk.ask()
    unanswered = await desk.store.find(task_id)

    is_accepted = await desk.store.answer(task_id, BLUE)

    assert is_accepted
    assert unanswered == StoredQuestion(call_id="call_1")
    assert await desk.store.find(task_id) == StoredQuestion(call_id="call_1", reply=BLUE)


async def test_of_several_answers_at_once_one_is_accepted(desk: Desk) -> None:
    task_id = await desk.ask()

    accepted = await asyncio.gather(*(desk.store.answer(task_id, one) for one in [BLUE, RED] * 4))

    assert accepted.count(True) == 1
    question = await desk.store.find(task_id)
    assert question is not None
    assert question.reply == (BLUE if accepted.index(True) % 2 == 0 else RED)


async def test_an_answer_without_a_question_is_refused(desk: Desk) -> None:
    claim = await desk.harness.start()

    assert not await desk.store.answer(claim.task.task_id, BLUE)
    assert await desk.store.find(claim.task.task_id) is None
    assert await desk.store.close(claim.task.task_id) is None


async def test_a_closed_question_takes_no_answer_and_keeps_the_one_it_has(desk: Desk) -> None:
    task_id = await desk.ask()

    unanswered = await desk.store.close(task_id)
    is_accepted = await desk.store.answer(task_id, BLUE)
    await desk.store.open(task_id, "call_2")
    await desk.store.answer(task_id, RED)

    assert not is_accepted
    assert unanswered == StoredQuestion(call_id="call_1")
    assert await desk.store.close(task_id) == StoredQuestion(call_id="call_2", reply=RED)


async def test_the_next_question_has_no_answer_yet(desk: Desk) -> None:
    task_id = await desk.ask()
    await desk.store.answer(task_id, BLUE)

    await desk.store.open(task_id, "call_2")

    assert await desk.store.find(task_id) == StoredQuestion(call_id="call_2")


async def test_a_question_that_is_asked_again_keeps_the_answer_that_came_meanwhile(
    desk: Desk,
) -> None:
    task_id = await desk.ask()
    await desk.store.answer(task_id, BLUE)

    await desk.store.open(task_id, "call_1")

    assert await desk.store.find(task_id) == StoredQuestion(call_id="call_1", reply=BLUE)


async def test_a_task_that_waits_to_be_carried_out_again_can_be_answered(desk: Desk) -> None:
    claim = await desk.harness.start()
    await desk.store.open(claim.task.task_id, "call_1")
    await desk.harness.leases.requeue(claim, attempt_spent=True)

    assert await desk.store.answer(claim.task.task_id, BLUE)


async def test_a_task_that_has_ended_cannot_be_answered(desk: Desk) -> None:
    claim = await desk.harness.start()
    await desk.store.open(claim.task.task_id, "call_1")
    await desk.harness.end(claim)

    assert not await desk.store.answer(claim.task.task_id, BLUE)


async def test_what_is_forgotten_is_gone(desk: Desk) -> None:
    task_id = await desk.ask()
    await desk.store.answer(task_id, BLUE)

    await desk.store.forget(task_id)

    assert await desk.store.find(task_id) is None


async def test_a_purge_takes_the_questions_of_ended_tasks_along(desk: Desk) -> None:
    claim, waiting = await desk.harness.start("one"), await desk.harness.start("two")
    for task_id in (claim.task.task_id, waiting.task.task_id):
        await desk.store.open(task_id, "call_1")
    await desk.harness.end(claim)

    await desk.harness.sessions.purge()
    await desk.ask()

    assert await desk.store.find(claim.task.task_id) is None
    assert await desk.store.find(waiting.task.task_id) == StoredQuestion(call_id="call_1")


async def test_a_purged_session_takes_its_question_along(desk: Desk) -> None:
    claim = await desk.harness.start()
    await desk.store.open(claim.task.task_id, "call_1")
    await desk.harness.sessions.delete(LOCAL, TALK)
    await desk.harness.end(claim)
    await desk.harness.sessions.purge()

    await desk.ask()

    assert await desk.store.find(claim.task.task_id) is None
