"""What watchers of the whole graph read, and something for them to watch."""

import asyncio
from collections.abc import Mapping

import anyio

from application.watching.watch import Watch
from domain.process_events import Log
from domain.task import Task
from ports.runner import Completed, Outcome, RunContext
from tests.integration.graph import events_of
from tests.patience import PATIENCE_S


async def talk(task: Task, context: RunContext) -> Outcome:
    for number in range(1, 11):
        await context.emit(Log(line=f"line {number}", line_num=number, stream="pty"))
        await asyncio.sleep(0)
    return Completed(final_answer="")


async def take(watch: Watch, count: int) -> list[Mapping[str, object]]:
    """The next events; frames beyond the count are dropped, as by a connection that is cut."""
    taken: list[Mapping[str, object]] = []
    with anyio.fail_after(PATIENCE_S):
        async for event in events_of(watch):
            taken.append(event)
            if len(taken) == count:
                break
    return taken


async def seqs_of(watch: Watch, count: int) -> list[object]:
    return [event["seq"] for event in await take(watch, count)]
