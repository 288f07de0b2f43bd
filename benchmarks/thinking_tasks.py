"""Many tasks of the ReAct agent side by side, each answer streamed at a model's pace.

python -m benchmarks.thinking_tasks [TASKS] [TOKENS] [SECONDS OVER WHICH THEY ARE SUBMITTED]
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from benchmarks.cpu_clock import cpu_ns
from benchmarks.meter import percentile
from benchmarks.serve_scripted import TOKENS_PER_S
from benchmarks.servers import Server, ServerKind, running

SCRIPTED = ServerKind(
    name="scripted", script="serve_scripted.py", watch="", submit="/api/v1/tasks"
)
_PATIENCE_S = 120
_FRAME_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    first_token_ms: float
    """From the submission until the first text of the answer was read."""
    events: int
    is_exact: bool


@dataclass(slots=True)
class Stream:
    """What one task's stream has sent so far."""

    text: str = ""
    answer: str = ""
    events: int = 0
    has_hole: bool = False
    ends: int = 0

    def take(self, event: dict[str, object]) -> None:
        self.events += 1
        self.has_hole |= event["seq"] != self.events or self.ends > 0
        match event["event_type"]:
            case "message_delta":
                self.text += str(event["text"])
            case "task_complete":
                self.ends, self.answer = self.ends + 1, str(event["final_answer"])
            case _:
                pass


async def measured(server: Server, *, tasks: int, tokens: int, over_s: float) -> str:
    before, began = cpu_ns(server.pid), time.monotonic()
    async with asyncio.timeout(_PATIENCE_S), asyncio.TaskGroup() as group:
        readers = [
            group.create_task(
                _watched(server.port, number, tokens, after_s=number * over_s / tasks)
            )
            for number in range(tasks)
        ]
    wall_s, used_s = time.monotonic() - began, (cpu_ns(server.pid) - before) / 1e9
    seen = [reader.result() for reader in readers]
    waits_ms = [one.first_token_ms for one in seen]
    events = sum(one.events for one in seen)
    return (
        f"{tasks} tasks of {tokens} tokens at {TOKENS_PER_S:g}/s, submitted over {over_s:g} s: "
        f"{sum(one.is_exact for one in seen)} exact; first token "
        f"p50 {percentile(waits_ms, 50):.0f} ms, p99 {percentile(waits_ms, 99):.0f} ms; "
        f"server CPU {used_s:.2f} s in {wall_s:.1f} s ({used_s / wall_s:.0%} of a core), "
        f"{used_s / events * 1e6:.0f} us for each of {events} events\n"
    )


async def _watched(port: int, number: int, tokens: int, *, after_s: float) -> Seen:
    """Submits a task of its own session, and reads its events from the same connection."""
    words = " ".join(f"w{number}.{place}" for place in range(tokens))
    text = f"script:\nanswer {words}"
    body = json.dumps({"agent": "react", "session_id": f"s{number}", "task": text}).encode()
    await asyncio.sleep(after_s)
    sent, first_ms, stream = time.monotonic(), 0.0, Stream()
    async for event in _events(port, body):
        stream.take(event)
        if stream.text and not first_ms:
            first_ms = (time.monotonic() - sent) * 1e3
    is_whole = stream.ends == 1 and not stream.has_hole
    return Seen(
        first_token_ms=first_ms,
        events=stream.events,
        is_exact=is_whole and words == stream.text == stream.answer,
    )


async def _events(port: int, body: bytes) -> AsyncIterator[dict[str, object]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=_FRAME_BYTES)
    head = (
        f"POST {SCRIPTED.submit} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        "Accept: text/event-stream\r\nContent-Type: application/json\r\n"
        f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    while line := await reader.readline():
        if line.startswith(b"data: ") and b'"event_type"' in line:
            yield json.loads(line.removeprefix(b"data: "))
    writer.close()
    await writer.wait_closed()


def _main() -> None:
    tasks, tokens, over_s = (*map(int, sys.argv[1:]), *(100, 250, 0)[len(sys.argv) - 1 :])
    with running(SCRIPTED, core=None, settings={}) as server:
        summary = asyncio.run(measured(server, tasks=tasks, tokens=tokens, over_s=over_s))
    sys.stdout.write(summary)


if __name__ == "__main__":
    _main()
