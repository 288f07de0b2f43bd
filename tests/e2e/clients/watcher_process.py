"""Thousands of watchers in one separate process, which takes commands by line and answers each."""

import json
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.clients.raw_watcher import RawWatcher
from tests.e2e.sse_reader import Json

_AT_ONCE = 1_000  # fewer than the server's backlog, whose overflow would cost seconds
_SILENCE_S = 30.0
_ROOT = Path(__file__).parents[3]


class WatcherProcess:
    """Runs in the test; each call returns when all watchers have done it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def connect(self) -> Json:
        """Opens all streams, which go on where they were; how long they waited for an answer."""
        return self._do("connect")

    def resume(self) -> Json:
        """The same, and how long they waited for an event that they had missed."""
        return self._do("resume")

    def read_to(self, event: str) -> Json:
        return self._do("read_to", event)

    def drop(self) -> Json:
        return self._do("drop")

    def _do(self, *command: str) -> Json:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(" ".join(command) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the process of the watchers has died"
        answer: Json = json.loads(line)
        return answer


@contextmanager
def watcher_process(count: int, *, base_url: str, path: str) -> Iterator[WatcherProcess]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.clients.watcher_process", str(count), base_url, path],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield WatcherProcess(process)
        finally:
            process.kill()


class _Watchers:
    """Runs in the separate process."""

    def __init__(self, watchers: list[RawWatcher]) -> None:
        self._watchers = watchers
        self._poll = select.epoll()
        self._by_descriptor: dict[int, RawWatcher] = {}

    def connect(self) -> Json:
        return self._connect(dict.fromkeys(self._watchers, 0))

    def resume(self) -> Json:
        return self._connect({watcher: watcher.events + 1 for watcher in self._watchers})

    def read_to(self, event: str) -> Json:
        """Until each has seen an event of this type."""
        waiting = {watcher for watcher in self._watchers if event not in watcher.types}
        while waiting:
            for watcher in self._ready():
                assert watcher.read(), f"closed after {watcher.last_id}"
                if event in watcher.types:
                    waiting.discard(watcher)
        return self._report()

    def drop(self) -> Json:
        for watcher in self._watchers:
            watcher.drop()
        self._by_descriptor.clear()
        return self._report()

    def _connect(self, enough: dict[RawWatcher, int]) -> Json:
        """Each has its answer when it has its head and as many events as are enough."""
        waited_ms: list[float] = []
        for first in range(0, len(self._watchers), _AT_ONCE):
            asking = self._watchers[first : first + _AT_ONCE]
            asked = time.monotonic()
            for watcher in asking:
                connection = watcher.connect()
                self._by_descriptor[connection.fileno()] = watcher
                self._poll.register(connection, select.EPOLLIN)
            waited_ms += self._answers(set(asking), enough, asked)
        return {"p99_ms": sorted(waited_ms)[len(waited_ms) * 99 // 100]}

    def _answers(
        self, asking: set[RawWatcher], enough: dict[RawWatcher, int], asked: float
    ) -> Iterator[float]:
        while asking:
            for watcher in self._ready():
                assert watcher.read(), "closed without an answer"
                assert watcher.status in (0, 200), watcher.status
                if watcher in asking and watcher.status and watcher.events >= enough[watcher]:
                    asking.discard(watcher)
                    yield (time.monotonic() - asked) * 1e3

    def _ready(self) -> list[RawWatcher]:
        ready = self._poll.poll(_SILENCE_S)
        assert ready, "nothing came for too long"
        return [self._by_descriptor[descriptor] for descriptor, _ in ready]

    def _report(self) -> Json:
        return {"events": sorted({watcher.events for watcher in self._watchers})}


def _main() -> None:
    count, base_url, path = sys.argv[1:]
    members = _Watchers([RawWatcher(base_url=base_url, path=path) for _ in range(int(count))])
    for line in sys.stdin:
        name, *arguments = line.split()
        answer: Json = getattr(members, name)(*arguments)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _main()
