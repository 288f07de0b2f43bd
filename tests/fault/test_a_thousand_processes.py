"""Whatever is made for a process is gone with it, however often that is."""

import asyncio
from dataclasses import replace
from pathlib import Path

import anyio
import psutil
import pytest

from adapters.process.linux_process_host import LinuxProcessHost
from domain.ids import TaskId
from ports.process import Command

pytestmark = pytest.mark.fault

PLAIN = Command(
    argv=("/bin/bash", "-c", "(setsid true &); echo ready; read -r; sleep 60"),
    cwd="/",
    task_id=TaskId("task_0"),
    pty=False,
)


async def test_a_thousand_runs_of_all_kinds_leave_no_descriptor_and_no_zombie(
    tmp_path: Path,
) -> None:
    host = LinuxProcessHost()

    async def run(number: int) -> None:
        command = replace(
            PLAIN,
            cwd=str(tmp_path),
            task_id=TaskId(f"task_{number}"),
            pty=number % 2 == 0,
            stdin="open" if number % 3 else "closed",
            input_text=None if number % 5 else "x" * 100_000,
            sandbox="none" if number % 4 else "require",
            memory_bytes=None if number % 7 else 1_000_000_000,
        )
        async with host.start(command) as process:
            await anext(process.output())
            await process.usage()
            await process.stop(grace_s=0 if number % 11 else 1)

    others = set(psutil.Process().children())
    await run(0)
    before = psutil.Process().num_fds()
    with anyio.fail_after(60):
        for start in range(0, 1000, 20):
            await asyncio.gather(*(run(number) for number in range(start, start + 20)))

    assert psutil.Process().num_fds() == before
    assert set(psutil.Process().children()) <= others
