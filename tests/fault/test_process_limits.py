"""Processes above their limits are killed without harm to the machine and the server."""

import asyncio
import resource
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import psutil
import pytest

from adapters.process.linux_process_host import LinuxProcessHost
from domain.ids import TaskId
from ports.process import Command, Exit, RunningProcess

pytestmark = pytest.mark.fault

IN_TERMINAL = pytest.mark.parametrize("pty", [True, False], ids=["pty", "pipes"])
# It stops by itself at some thousand, so that a failure does not take the machine along.
BOMB = "bomb() { [ $1 = 0 ] || { bomb $(($1-1)) & bomb $(($1-1)) & }; exec sleep 60; }; bomb 10"
EATER = "eaten = []\nwhile True: eaten.append(b'x' * 1_000_000)"


@IN_TERMINAL
async def test_a_fork_bomb_in_a_sandbox_is_ended_and_named(tmp_path: Path, pty: bool) -> None:
    async with _started(tmp_path, BOMB, sandbox="require", pty=pty) as process:
        slowest_s = await _slowest_turn_until_the_exit(process)
        ended = await process.wait()

    assert ended == Exit(signal=9, limit="processes")
    assert slowest_s < 2
    assert _carriers() == []


async def test_a_fork_bomb_that_leaves_its_session_is_ended_without_a_sandbox(
    tmp_path: Path,
) -> None:
    script = "while :; do setsid sleep 300 & sleep 0.01; done"

    async with _started(tmp_path, script, sandbox="none", max_processes=20) as process:
        ended = await process.wait()

    assert (ended.signal, ended.limit) == (9, "processes")
    assert _carriers() == []


async def test_as_many_processes_as_it_may_run_are_left_alone(tmp_path: Path) -> None:
    script = "for i in $(seq 18); do sleep 300 & done; for i in $(seq 200); do /bin/true; done"

    async with _started(tmp_path, script, sandbox="require", max_processes=20) as process:
        assert await process.wait() == Exit(code=0)


@IN_TERMINAL
@pytest.mark.parametrize("sandbox", ["none", "require"])
async def test_what_eats_memory_ends_by_itself_and_is_named(
    tmp_path: Path, sandbox: str, pty: bool
) -> None:
    server = psutil.Process()
    before = server.memory_info().rss
    script = f'exec {sys.executable} -S -c "{EATER}"'
    # A peak below that of this process is not conclusive.
    most = 600_000_000 + 2 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    async with _started(tmp_path, script, sandbox=sandbox, pty=pty, memory_bytes=most) as process:
        printed = "".join([output.text async for output in process.output()])
        ended = await process.wait()

    assert "MemoryError" in printed
    assert ended == Exit(code=1, limit="memory")
    assert server.memory_info().rss - before < 20_000_000


async def test_a_failure_within_the_memory_it_may_use_is_only_a_failure(tmp_path: Path) -> None:
    async with _started(
        tmp_path, "ulimit -v; exit 3", sandbox="none", memory_bytes=2_000_000_000
    ) as process:
        printed = "".join([output.text async for output in process.output()])
        assert (printed, await process.wait()) == (f"{2_000_000_000 // 1024}\n", Exit(code=3))


async def test_a_full_workspace_is_an_error_of_the_command_alone(small_disk: Path) -> None:
    script = (
        "exec 2>&1; head -c 5000000 /dev/zero >big; echo $?; rm big; echo small >file && cat file"
    )

    async with _started(small_disk, script, sandbox="none") as process:
        printed = "".join([output.text async for output in process.output()])
        ended = await process.wait()

    why, *then = printed.splitlines()
    assert "No space left on device" in why
    assert then == ["1", "small"]
    assert ended == Exit(code=0)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)]
    subprocess.run(mount, check=True)
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


@asynccontextmanager
async def _started(cwd: Path, script: str, **changes: object) -> AsyncIterator[RunningProcess]:
    command = Command(
        argv=("/bin/bash", "-c", script),
        cwd=str(cwd),
        task_id=TaskId("task_limits"),
        pty=False,
        shown_paths=(sys.prefix,),
    )
    with anyio.fail_after(20):
        async with LinuxProcessHost().start(replace(command, **changes)) as process:  # type: ignore[arg-type]
            yield process


async def _slowest_turn_until_the_exit(process: RunningProcess) -> float:
    """The longest that the event loop was away; everything is read meanwhile."""
    loop = asyncio.get_running_loop()
    waiting, slowest_s, last = asyncio.ensure_future(_read(process)), 0.0, loop.time()
    while not waiting.done():
        await asyncio.wait((waiting,), timeout=0.01)
        slowest_s, last = max(slowest_s, loop.time() - last), loop.time()
    return slowest_s


async def _read(process: RunningProcess) -> None:
    async for _ in process.output():
        pass


def _carriers() -> list[int]:
    """What is left of the tasks of this file."""
    return [one.pid for one in psutil.process_iter() if _marker(one) == "task_limits"]


def _marker(process: psutil.Process) -> str | None:
    try:
        return process.environ().get("AGENTCAST_TASK_ID")
    except psutil.Error:
        return None
