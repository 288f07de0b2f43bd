"""Feeds a hub that makes no events of its own: posts stamped lines at a rate.

python -m benchmarks.publisher PORT SESSION PULSE
"""

import json
import socket
import sys
import time
from dataclasses import dataclass
from typing import BinaryIO

_SENT_AT_ONCE = 20  # requests before their answers are read, so that neither side blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    count: int
    rate: float
    burst: int
    bytes: int


def _publish(pulse: Pulse, *, port: int, session: str) -> None:
    due = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answers = connection.makefile("rb")
        for first in range(0, pulse.count, pulse.burst):
            last = min(first + pulse.burst, pulse.count)
            for start in range(first, last, _SENT_AT_ONCE):
                numbers = range(start, min(start + _SENT_AT_ONCE, last))
                connection.sendall(
                    b"".join(
                        _request(number, size=pulse.bytes, session=session) for number in numbers
                    )
                )
                for _ in numbers:
                    _read_answer(answers)
            if pulse.rate:
                due += pulse.burst / pulse.rate
                time.sleep(max(0.0, due - time.monotonic()))


def _request(number: int, *, size: int, session: str) -> bytes:
    line = f"_m={number:010d}.{time.monotonic_ns():020d} ".ljust(size)
    event = json.dumps({"event_type": "log", "seq": number, "line": line})
    head = (
        f"POST /publish?session={session} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(event)}\r\n\r\n"
    )
    return (head + event).encode()


def _read_answer(answers: BinaryIO) -> None:
    status = answers.readline()
    if not status.startswith((b"HTTP/1.1 201", b"HTTP/1.1 202")):
        raise ConnectionError(f"not published: {status!r}")
    length = 0
    while (field := answers.readline().strip().lower()) != b"":
        if field.startswith(b"content-length:"):
            length = int(field.partition(b":")[2])
    answers.read(length)


if __name__ == "__main__":
    _port, _session, _pulse = sys.argv[1:]
    _publish(Pulse(**json.loads(_pulse)), port=int(_port), session=_session)
