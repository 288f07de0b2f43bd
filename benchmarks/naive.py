"""A hand-written server, to compare with: a queue and a `json.dumps` for each client.

Nothing is stored, and a client that is 100 events behind loses some. What happened lately is
kept in memory for those who come later; nobody can resume.
"""

import argparse
import asyncio
import json
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from typing import Annotated

import uvicorn
from fastapi import FastAPI, Header
from pydantic import BaseModel
from sse_starlette import EventSourceResponse

QUEUE_EVENTS = 100
PAST_EVENTS = 10_000
Event = dict[str, object]
Frame = dict[str, str]

app = FastAPI()
queues: dict[str, list[asyncio.Queue[Event]]] = defaultdict(list)
past: dict[str, deque[Event]] = defaultdict(lambda: deque(maxlen=PAST_EVENTS))
running: set[asyncio.Task[None]] = set()


class Run(BaseModel):
    session: str
    count: int
    rate: float = 0
    burst: int = 1
    bytes: int = 200


@app.get("/stream")
async def stream(session: str, replay: int = 0) -> EventSourceResponse:
    return EventSourceResponse(_events(session, replay=replay), sep="\n")


@app.get("/health")
async def health() -> Event:
    return {"status": "ok"}


@app.post("/run")
async def start(run: Run, prefer: Annotated[str, Header()] = "") -> Event:
    task = asyncio.create_task(_run(run))
    running.add(task)
    task.add_done_callback(running.discard)
    if prefer:
        await task
    return {"session": run.session}


async def _events(session: str, *, replay: int) -> AsyncIterator[Frame]:
    queue: asyncio.Queue[Event] = asyncio.Queue(QUEUE_EVENTS)
    queues[session].append(queue)
    try:
        for event in list(past[session])[-replay:] if replay else []:
            yield _frame(event)
        while True:
            yield _frame(await queue.get())
    finally:
        queues[session].remove(queue)


def _frame(event: Event) -> Frame:
    return {"id": str(event["seq"]), "event": "log", "data": json.dumps(event)}


async def _run(run: Run) -> None:
    due = time.monotonic()
    for first in range(0, run.count, run.burst):
        for number in range(first, min(first + run.burst, run.count)):
            line = f"_m={number:010d}.{time.monotonic_ns():020d} ".ljust(run.bytes)
            _publish(run.session, {"event_type": "log", "seq": number, "line": line})
        if run.rate:
            due += run.burst / run.rate
        await asyncio.sleep(due - time.monotonic())


def _publish(session: str, event: Event) -> None:
    past[session].append(event)
    for queue in queues[session]:
        if not queue.full():
            queue.put_nowait(event)


def _main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, required=True)
    port = arguments.parse_args().port
    uvicorn.run(app, port=port, http="httptools", loop="asyncio", backlog=2048, log_level="error")


if __name__ == "__main__":
    _main()
