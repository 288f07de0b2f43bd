import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from adapters.process.linux_process_host import LinuxProcessHost
from adapters.process.resource_limits import memory_script, ran_out_of_memory
from domain.ids import TaskId
from ports.process import Command, Exit
from tests.patience import PATIENCE_S

# More than the tests themselves have used.
MOST = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 * 10
MOST_BYTES = 1024 * 1024
WRITE = ("dd", "if=/dev/zero", "of=big", "bs=64k", "count=64")


def test_a_limit_is_set_in_whole_kibibytes_and_only_if_there_is_one() -> None:
    assert memory_script(None) == ""
    assert memory_script(10_000_000) == "ulimit -v 9765 2>/dev/null; "


@pytest.mark.parametrize("ended", [Exit(code=1), Exit(signal=6)])
def test_a_failure_close_to_the_limit_is_attributed_to_it(ended: Exit) -> None:
    assert ran_out_of_memory(ended, peak_bytes=MOST * 9 // 10, memory_bytes=MOST)


@pytest.mark.parametrize(
    ("ended", "peak_bytes", "memory_bytes"),
    [
        (Exit(code=0), MOST, MOST),
        (Exit(code=1), MOST // 2, MOST),
        (Exit(code=1), MOST, None),
        # What the process seems to have used may be what this one has.
        (Exit(code=1), MOST // 10, MOST // 10),
    ],
    ids=["well", "far from the limit", "without a limit", "of its parent"],
)
def test_other_failures_are_not(ended: Exit, peak_bytes: int, memory_bytes: int | None) -> None:
    assert not ran_out_of_memory(ended, peak_bytes=peak_bytes, memory_bytes=memory_bytes)


@pytest.fixture
def original_limit() -> Iterator[int]:
    """The limit this process was started with; it has another one meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft - 1, hard))
    yield soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("pty", [True, False], ids=["pty", "pipes"])
async def test_a_command_has_the_limit_of_open_files_that_the_server_was_started_with(
    original_limit: int, tmp_path: Path, pty: bool
) -> None:
    command = Command(
        argv=("/bin/sh", "-c", "ulimit -Sn"),
        cwd=os.fspath(tmp_path),
        task_id=TaskId("t"),
        pty=pty,
        sandbox="none",
    )

    with anyio.fail_after(PATIENCE_S):
        async with LinuxProcessHost().start(command) as process:
            printed = "".join([output.text async for output in process.output()])

    assert printed == f"{original_limit}\n"


@pytest.mark.parametrize("own", [None, 2 * MOST_BYTES])
async def test_a_command_that_writes_a_longer_file_than_allowed_is_ended(
    tmp_path: Path, own: int | None
) -> None:
    host = LinuxProcessHost(max_file_bytes=MOST_BYTES)
    command = Command(
        argv=WRITE,
        cwd=str(tmp_path),
        task_id=TaskId("task_1"),
        pty=False,
        sandbox="none",
        max_file_bytes=own,
    )

    with anyio.fail_after(PATIENCE_S):
        async with host.start(command) as process:
            printed = "".join([output.text async for output in process.output()])
            ended = await process.wait()

    assert ended.signal == signal.SIGXFSZ, printed
    assert _size(tmp_path / "big") == (own or MOST_BYTES)


def _size(file: Path) -> int:
    return file.stat().st_size
