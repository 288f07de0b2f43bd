"""What every store of questions in words promises."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from adapters.memory.asking import MemoryQuestionStore
from adapters.memory.database import MemoryDatabase
from adapters.store.asking.question_store import SqlQuestionStore
from domain.ids import TaskId
from domain.principal import LOCAL
from domain.task_input import Reply
from ports.question_store import QuestionStore, StoredQuestion
from tests.contract.store_harness import TALK, StoreHarness
from tests.contract.stores import emptied_sql
from tests.fakes import FakeClock

BLUE = Reply(text="blue, ä\n🙂", by="ann")
RED = Reply(text="red", by="bob")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionHarness:
    harness: StoreHarness
    store: QuestionStore

    async def ask(self) -> TaskId:
        """The task of an open question."""
        task_id = (await self.harness.start()).task.task_id
        await self.store.open(task_id, "call_1")
        return task_id


@pytest.fixture
async def questions(store_url: str) -> AsyncIterator[QuestionHarness]:
    if store_url == "memory":
        memory = MemoryDatabase(FakeClock())
        harness = StoreHarness.in_memory(memory)
        yield QuestionHarness(harness=harness, store=MemoryQuestionStore(memory))
        return
    async with emptied_sql(store_url) as (harness, sql):
        yield QuestionHarness(harness=harness, store=SqlQuestionStore(sql))


async def test_an_answer_is_found_by_the_task_that_asked(questions: QuestionHarness) -> None:
    task_id = await questions.ask()
    unanswered = await questions.store.find(task_id)

    is_accepted = await questions.store.answer(task_id, BLUE)

    assert is_accepted
    assert unanswered == StoredQuestion(call_id="call_1")
    assert await questions.store.find(task_id) == StoredQuestion(call_id="call_1", reply=BLUE)


async def test_of_several_answers_at_once_one_is_accepted(questions: QuestionHarness) -> None:
    task_id = await questions.ask()

    accepted = await asyncio.gather(
        *(questions.store.answer(task_id, one) for one in [BLUE, RED] * 4)
    )

    assert accepted.count(True) == 1
    question = await questions.store.find(task_id)
    assert question is not None
    assert question.reply == (BLUE if accepted.index(True) % 2 == 0 else RED)


async def test_an_answer_without_a_question_is_refused(questions: QuestionHarness) -> None:
    claim = await questions.harness.start()

    assert not await questions.store.answer(claim.task.task_id, BLUE)
    assert await questions.store.find(claim.task.task_id) is None
    assert await questions.store.close(claim.task.task_id) is None


async def test_a_closed_question_takes_no_answer_and_keeps_the_one_it_has(
    questions: QuestionHarness,
) -> None:
    task_id = await questions.ask()

    unanswered = await questions.store.close(task_id)
    is_accepted = await questions.store.answer(task_id, BLUE)
    await questions.store.open(task_id, "call_2")
    await questions.store.answer(task_id, RED)

    assert not is_accepted
    assert unanswered == StoredQuestion(call_id="call_1")
    assert await questions.store.close(task_id) == StoredQuestion(call_id="call_2", reply=RED)


async def test_the_next_question_has_no_answer_yet(questions: QuestionHarness) -> None:
    task_id = await questions.ask()
    await questions.store.answer(task_id, BLUE)

    await questions.store.open(task_id, "call_2")

    assert await questions.store.find(task_id) == StoredQuestion(call_id="call_2")


async def test_a_question_that_is_asked_again_keeps_the_answer_that_came_meanwhile(
    questions: QuestionHarness,
) -> None:
    task_id = await questions.ask()
    await questions.store.answer(task_id, BLUE)

    await questions.store.open(task_id, "call_1")

    assert await questions.store.find(task_id) == StoredQuestion(call_id="call_1", reply=BLUE)


async def test_a_task_that_waits_to_be_carried_out_again_can_be_answered(
    questions: QuestionHarness,
) -> None:
    claim = await questions.harness.start()
    await questions.store.open(claim.task.task_id, "call_1")
    await questions.harness.leases.requeue(claim, attempt_spent=True)

    assert await questions.store.answer(claim.task.task_id, BLUE)


async def test_a_task_that_has_ended_cannot_be_answered(questions: QuestionHarness) -> None:
    claim = await questions.harness.start()
    await questions.store.open(claim.task.task_id, "call_1")
    await questions.harness.end(claim)

    assert not await questions.store.answer(claim.task.task_id, BLUE)


async def test_what_is_forgotten_is_gone(questions: QuestionHarness) -> None:
    task_id = await questions.ask()
    await questions.store.answer(task_id, BLUE)

    await questions.store.forget(task_id)

    assert await questions.store.find(task_id) is None


async def test_a_purge_takes_the_questions_of_ended_tasks_along(
    questions: QuestionHarness,
) -> None:
    claim, waiting = await questions.harness.start("one"), await questions.harness.start("two")
    for task_id in (claim.task.task_id, waiting.task.task_id):
        await questions.store.open(task_id, "call_1")
    await questions.harness.end(claim)

    await questions.harness.sessions.purge()
    await questions.ask()

    assert await questions.store.find(claim.task.task_id) is None
    assert await questions.store.find(waiting.task.task_id) == StoredQuestion(call_id="call_1")


async def test_a_purged_session_takes_its_question_along(questions: QuestionHarness) -> None:
    claim = await questions.harness.start()
    await questions.store.open(claim.task.task_id, "call_1")
    await questions.harness.sessions.delete(LOCAL, TALK)
    await questions.harness.end(claim)
    await questions.harness.sessions.purge()

    await questions.ask()

    assert await questions.store.find(claim.task.task_id) is None
