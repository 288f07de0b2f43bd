"""Hostile and badly written processes."""

import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import anyio
import psutil
import pytest

from adapters.archive.file_output_archive import FileOutputArchive
from adapters.process.linux_process_host import LinuxProcessHost
from adapters.system.clock import SystemClock
from domain.agent_profile import AgentProfile
from domain.ids import AgentName, TaskId
from ports.process import Command, Exit, RunningProcess
from ports.runner import Completed, Outcome
from tests.command_runner_fakes import command_runner
from tests.fault.counting_context import CountingContext
from tests.patience import PATIENCE_S
from tests.process_fakes import RecordingContext, process_task

pytestmark = pytest.mark.fault

IN_TERMINAL = pytest.mark.parametrize("pty", [True, False], ids=["pty", "pipes"])
RELAY = """#!/bin/sh
sleep 0.02
[ $1 -eq 0 ] || "$0" $(($1 - 1)) &
"""
PROFILE = AgentProfile(name=AgentName("shell"), kind="shell", sandbox="none")


@IN_TERMINAL
async def test_what_left_the_session_is_killed_and_named(tmp_path: Path, pty: bool) -> None:
    script = "setsid sh -c 'echo $$; trap \"\" HUP TERM; exec sleep 300' & wait"

    with anyio.fail_after(PATIENCE_S):
        async with LinuxProcessHost().start(_command(script, tmp_path, pty=pty)) as process:
            stray = int(await _first(process))
            ended = await process.stop(grace_s=0)

    assert ended == Exit(signal=signal.SIGKILL, leaked_pids=(stray,))
    assert not psutil.pid_exists(stray)


@IN_TERMINAL
async def test_a_grandchild_that_holds_the_output_delays_the_end_only_so_long(
    tmp_path: Path, pty: bool
) -> None:
    script = "setsid sh -c 'echo $$; exec sleep 300' & sleep 0.2; exit 4"

    with anyio.fail_after(PATIENCE_S):
        async with LinuxProcessHost().start(_command(script, tmp_path, pty=pty)) as process:
            stray = int("".join([output.text async for output in process.output()]))
            ended = await process.wait()

    assert ended == Exit(code=4, leaked_pids=(stray,))
    assert not psutil.pid_exists(stray)


@IN_TERMINAL
async def test_a_child_in_the_group_that_holds_the_output_delays_the_end_only_so_long(
    tmp_path: Path, pty: bool
) -> None:
    script = "trap '' HUP; sleep 300 & echo $!; exit 4"
    loop = asyncio.get_running_loop()

    with anyio.fail_after(PATIENCE_S):
        began = loop.time()
        async with LinuxProcessHost().start(_command(script, tmp_path, pty=pty)) as process:
            child = int("".join([output.text async for output in process.output()]))
            ended = await process.wait()

    assert ended == Exit(code=4)
    assert loop.time() - began < 2.5
    assert not psutil.pid_exists(child)


async def test_a_daemon_without_the_tasks_mark_is_killed(tmp_path: Path) -> None:
    script = "env -i /usr/bin/setsid /bin/sh -c 'echo $$; exec sleep 300' & sleep 0.2; exit 0"

    with anyio.fail_after(PATIENCE_S):
        async with LinuxProcessHost().start(_command(script, tmp_path)) as process:
            stray = int("".join([output.text async for output in process.output()]))
            await process.wait()

    assert not psutil.pid_exists(stray)


async def test_what_hands_over_to_a_child_all_the_time_is_gone_with_its_command(
    tmp_path: Path,
) -> None:
    relay = tmp_path / "relay"
    relay.write_text(RELAY)
    relay.chmod(0o700)
    others = set(psutil.Process().children())
    host = LinuxProcessHost()

    async def run(number: int) -> None:
        script = f"setsid {relay} 40 </dev/null >/dev/null 2>&1 & sleep 0.0{number}"
        command = replace(_command(script, tmp_path), task_id=TaskId(f"task_{number}"))
        async with host.start(command) as process:
            await process.wait()

    with anyio.fail_after(PATIENCE_S):
        for _ in range(5):
            await asyncio.gather(*map(run, range(5)))

    assert set(psutil.Process().children()) <= others


async def test_a_cancelled_user_leaves_nothing_running(tmp_path: Path) -> None:
    pids: list[int] = []
    is_running = anyio.Event()

    async def use() -> None:
        script = "trap '' TERM HUP INT; setsid sleep 300 & echo $!; sleep 300"
        async with LinuxProcessHost().start(_command(script, tmp_path)) as process:
            pids.extend((process.pid, int(await _first(process))))
            is_running.set()
            await process.wait()

    with anyio.fail_after(PATIENCE_S):
        user = asyncio.ensure_future(use())
        await is_running.wait()
        user.cancel()
        with pytest.raises(asyncio.CancelledError):
            await user

    assert [pid for pid in pids if psutil.pid_exists(pid)] == []


async def test_two_hundred_runs_leave_no_descriptor_and_no_zombie(tmp_path: Path) -> None:
    host = LinuxProcessHost()
    runner = command_runner(host, clock=SystemClock())
    text = "(setsid true &); setsid sleep 300 </dev/null >/dev/null 2>&1 & echo {}"

    async def run(number: int) -> Outcome:
        context = RecordingContext(profile=PROFILE, workspace=str(tmp_path))
        task = process_task(text.format(number), task_id=f"task_{number}")
        return await runner.run(task, context)

    others = set(psutil.Process().children())
    await run(0)
    before = psutil.Process().num_fds()
    outcomes: list[Outcome] = []
    with anyio.fail_after(60):
        for start in range(0, 200, 20):
            runs = (run(number) for number in range(start, start + 20))
            outcomes.extend(await asyncio.gather(*runs))

    assert outcomes == [Completed(final_answer=str(n), exit_code=0) for n in range(200)]
    assert psutil.Process().num_fds() == before
    assert set(psutil.Process().children()) <= others


async def test_a_hundred_megabytes_without_a_line_feed_stay_in_pieces(tmp_path: Path) -> None:
    counted = CountingContext(profile=PROFILE, workspace=str(tmp_path))
    runner = command_runner(
        LinuxProcessHost(),
        clock=SystemClock(),
        archive=FileOutputArchive(root=tmp_path / "output"),
    )
    before = psutil.Process().memory_info().rss

    with anyio.fail_after(60):
        outcome = await runner.run(
            process_task("head -c 100000000 /dev/zero | tr '\\0' x"), counted
        )

    assert isinstance(outcome, Completed)
    assert counted.chars == 100_000_000
    assert counted.longest <= 32 * 1024
    assert psutil.Process().memory_info().rss - before < 50_000_000


async def test_a_flood_of_tiny_writes_loses_no_line(tmp_path: Path) -> None:
    context = RecordingContext(profile=PROFILE, workspace=str(tmp_path))
    runner = command_runner(LinuxProcessHost(), clock=SystemClock())

    with anyio.fail_after(30):
        await runner.run(process_task("for i in $(seq 1 2000); do echo line $i; done"), context)

    assert [(log.line_num, log.line) for log in context.logs] == [
        (number, f"line {number}") for number in range(1, 2001)
    ]


async def test_what_a_killed_server_left_is_swept_away(tmp_path: Path) -> None:
    program = f"""
import asyncio
from adapters.process.linux_process_host import LinuxProcessHost
from domain.ids import TaskId
from ports.process import Command
async def main():
    script = "trap '' HUP TERM; setsid sleep 300 & echo $$ $!; sleep 300"
    command = Command(argv=("/bin/sh", "-c", script), cwd={str(tmp_path)!r},
                      task_id=TaskId("task_swept"), pty=True, sandbox="none")
    async with LinuxProcessHost().start(command) as process:
        async for output in process.output():
            print(output.text, end="", flush=True)
asyncio.run(main())
"""
    source = Path(__file__).parents[2] / "src"
    environment = {**os.environ, "PYTHONPATH": str(source)}
    async with await anyio.open_process(
        [sys.executable, "-c", program], env=environment, stdin=None, stderr=None
    ) as server:
        assert server.stdout is not None
        with anyio.fail_after(PATIENCE_S):
            pids = [int(pid) for pid in (await server.stdout.receive()).split()]
        server.kill()

    with anyio.fail_after(PATIENCE_S):
        killed = await LinuxProcessHost().sweep([TaskId("task_swept"), TaskId("task_other")])

    assert set(killed) >= {pids[1]}
    assert [pid for pid in pids if _is_alive(pid)] == []


def _command(script: str, cwd: Path, *, pty: bool = False) -> Command:
    argv = ("/bin/bash", "-c", script)
    return Command(argv=argv, cwd=str(cwd), task_id=TaskId("task_fault"), pty=pty, sandbox="none")


async def _first(process: RunningProcess) -> str:
    return (await anext(process.output())).text


def _is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
