"""What people write by hand, to compare with: a queue and a `json.dumps` for each client.

Nothing is stored, nobody can resume, and a client that is 100 events behind loses some.
"""

import argparse
import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator

import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

QUEUE_EVENTS = 100
Event = dict[str, object]

app = FastAPI()
queues: dict[str, list[asyncio.Queue[Event]]] = defaultdict(list)
running: set[asyncio.Task[None]] = set()


class Run(BaseModel):
    session: str
    count: int
    rate: float = 0
    burst: int = 1
    bytes: int = 200


@app.get("/stream")
async def stream(session: str) -> StreamingResponse:
    return StreamingResponse(_events(session), media_type="text/event-stream")


@app.post("/run", status_code=202)
async def start(run: Run) -> Event:
    task = asyncio.create_task(_run(run))
    running.add(task)
    task.add_done_callback(running.discard)
    return {"session": run.session}


async def _events(session: str) -> AsyncIterator[str]:
    queue: asyncio.Queue[Event] = asyncio.Queue(QUEUE_EVENTS)
    queues[session].append(queue)
    try:
        while True:
            event = await queue.get()
            yield f"id: {event['seq']}\nevent: log\ndata: {json.dumps(event)}\n\n"
    finally:
        queues[session].remove(queue)


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
