"""A command that writes too long a file is ended, not the disk."""

import signal
from pathlib import Path

import anyio
import pytest

from adapters.process.linux_process_host import LinuxProcessHost
from domain.ids import TaskId
from ports.process import Command
from tests.patience import PATIENCE_S

MOST = 1024 * 1024
WRITE = ("dd", "if=/dev/zero", "of=big", "bs=64k", "count=64")


@pytest.mark.parametrize("own", [None, 2 * MOST])
async def test_whoever_writes_more_into_a_file_than_it_may_hold_is_ended(
    tmp_path: Path, own: int | None
) -> None:
    host = LinuxProcessHost(max_file_bytes=MOST)
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
            said = "".join([output.text async for output in process.output()])
            ended = await process.wait()

    assert ended.signal == signal.SIGXFSZ, said
    assert _size(tmp_path / "big") == (own or MOST)


def _size(file: Path) -> int:
    return file.stat().st_size
