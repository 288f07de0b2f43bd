"""Makes a shell task wait until the test lets it continue."""

import os
from pathlib import Path

from tests.e2e.sse_reader import SseStream

OPEN_GATE = "mkfifo gate; exec 3<>gate; echo ready"
"""Begins a task that waits at each `PASS`."""
PASS = "read _ <&3"


class Gate:
    """The task itself keeps the pipe open, so nothing that is written gets lost."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "gate"

    def let_pass(self, times: int = 1) -> None:
        pipe = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK)
        try:
            os.write(pipe, b"\n" * times)
        finally:
            os.close(pipe)


async def gate_of(stream: SseStream) -> Gate:
    """The gate of the task that is watched, once it has printed that it is ready."""
    frames = await stream.until("log", line="ready")
    started = next(frame for frame in frames if frame.event == "process_started")
    return Gate(Path(str(started.data["cwd"])))
