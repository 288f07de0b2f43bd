"""What a stream of an agent shows of the sessions that the agent works in, and for how long."""

from collections.abc import Mapping
from pathlib import Path

import anyio

from application.stream_request import FromCursor, FromNow, Replay, StreamRequest
from application.watch import Watch
from domain.ids import AgentName
from domain.principal import LOCAL
from domain.process_events import Log
from domain.task import Task
from ports.runner import Completed, Outcome, RunContext
from tests.integration.graph import Graph, events_of, running


async def test_a_busy_session_does_not_hold_up_the_others(tmp_path: Path) -> None:
    async with running(tmp_path) as graph:
        graph.runner.acts["talk"] = _talk
        busy = await graph.ended(await graph.submit("talk", session="busy"))
        quiet = await graph.ended(await graph.submit("say", session="quiet"))
        watch = await _of_agent(graph, Replay(None))

        told = [event["session_id"] for event in await _take(watch, 1003 + 3)]

        assert told.index(quiet.session_id) < len(told) - told[::-1].index(busy.session_id) - 1
        graph.container.watches().close(watch)


async def _of_agent(graph: Graph, start: FromNow | FromCursor | Replay) -> Watch:
    asked = StreamRequest(agents=(AgentName("fake"),), start=start)
    watch = await graph.container.watches().open(LOCAL, asked)
    assert watch is not None
    return watch


async def _take(watch: Watch, count: int) -> list[Mapping[str, object]]:
    events: list[Mapping[str, object]] = []
    with anyio.fail_after(5):
        async for event in events_of(watch):
            events.append(event)
            if len(events) == count:
                break
    return events


async def _talk(task: Task, context: RunContext) -> Outcome:
    for number in range(1000):
        await context.emit(Log(stream="stdout", line=str(number), line_num=number + 1))
    return Completed(final_answer="talked")
