"""What is read of the output of a process, and how much of it at once."""

import fcntl
import os
import subprocess
from collections.abc import Iterator

import anyio
import pytest

from adapters.process.exit_watch import ExitWatch
from adapters.process.output_reader import OutputReader
from ports.process import Output
from tests.patience import PATIENCE_S


class Portions:
    """A pipe that delivers output in portions, as a terminal does."""

    def __init__(self) -> None:
        self.read_fd, self._write_fd = os.pipe2(os.O_DIRECT | os.O_NONBLOCK)
        # Each portion takes a page of it, however small it is.
        fcntl.fcntl(self._write_fd, fcntl.F_SETPIPE_SZ, 128 * 4096)

    def write(self, *portions: bytes) -> None:
        for portion in portions:
            os.write(self._write_fd, portion)

    def close(self) -> None:
        os.close(self._write_fd)


@pytest.fixture
def portions() -> Portions:
    return Portions()


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


async def test_portions_that_wait_are_read_together(
    portions: Portions, process: subprocess.Popen[bytes]
) -> None:
    portions.write(b"one\n", b"tw\xc3", b"\xb6\nthr")
    portions.close()

    assert await _read(portions, process) == [Output(stream="pty", text="one\ntw\u00f6\nthr")]


async def test_no_more_is_read_at_once_than_a_turn_should_take(
    portions: Portions, process: subprocess.Popen[bytes]
) -> None:
    portions.write(*[b"x" * 4095] * 10)
    portions.close()

    outputs = await _read(portions, process)

    assert [len(output.text) for output in outputs] == [5 * 4095, 5 * 4095]


async def _read(portions: Portions, process: subprocess.Popen[bytes]) -> list[Output]:
    watch = ExitWatch(process)
    reader = OutputReader({"pty": portions.read_fd}, watch)
    with anyio.fail_after(PATIENCE_S):
        outputs = [output async for output in reader.read()]
    process.kill()
    process.wait()
    watch.reap()
    return outputs
