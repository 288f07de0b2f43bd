"""Answers the questions of a program while its output is read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from application.concurrency.task_group import together
from domain.errors import StateConflict
from ports.agent_dialogue import AgentDialogue, Finished, Question, Reply, Withdrawal
from ports.process import RunningProcess
from ports.runner import RunContext


class ProcessDialogue:
    def __init__(self, dialogue: AgentDialogue, context: RunContext) -> None:
        self._dialogue = dialogue
        self._context = context
        self._process: RunningProcess | None = None
        self._group: asyncio.TaskGroup | None = None
        self._asking: set[asyncio.Task[None]] = set()
        self._withdrawn: dict[str, asyncio.Event] = {}
        """By question id, for the questions that wait: set once the program withdraws one."""
        self._is_over = False

    @asynccontextmanager
    async def with_process(self, process: RunningProcess) -> AsyncIterator[None]:
        """While the process runs; questions that are open when this is left are cancelled.

        An error of asking cancels the body and is raised as it is.
        """
        async with together() as group:
            self._process, self._group = process, group
            try:
                yield
            finally:
                for asking in self._asking:
                    asking.cancel()

    async def read(self, line: str) -> None:
        """Take one line of its output, after its events were emitted. Raises StartFailed."""
        for event in self._dialogue.read(line):
            match event:
                case Reply(line=reply):
                    await self._write(reply)
                case Question():
                    self._ask(event)
                case Withdrawal(question_id=question_id):
                    if withdrawn := self._withdrawn.get(question_id):
                        withdrawn.set()
                case Finished():
                    self._is_over = True
                    await self._leave()

    def _ask(self, question: Question) -> None:
        if self._group is None or question.question_id in self._withdrawn:
            return
        withdrawn = self._withdrawn[question.question_id] = asyncio.Event()
        asking = self._group.create_task(self._answered(question, withdrawn))
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)

    async def _answered(self, question: Question, withdrawn: asyncio.Event) -> None:
        decision = await self._context.approve(question.request, is_withdrawn=withdrawn.is_set)
        if decision.is_approved:
            # An approval that is not in the log would let the call look as if it was never made.
            await self._context.recorded()
        if not withdrawn.is_set():
            await self._write(self._dialogue.answer(question, decision))
        del self._withdrawn[question.question_id]
        await self._leave()

    async def _leave(self) -> None:
        """Close the input, unless questions are open: closing it would deny them."""
        if self._is_over and not self._withdrawn and self._process is not None:
            with suppress(StateConflict):
                await self._process.end_input()

    async def _write(self, line: str) -> None:
        if self._process is not None:
            with suppress(StateConflict):  # it has ended or reads no more; its exit is reported
                await self._process.write(line.encode(errors="replace"))
