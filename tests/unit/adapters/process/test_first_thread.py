"""A process whose main thread has ended is alive, although its state is that of a zombie."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import psutil
import pytest

from adapters.process.environment import marker_of
from adapters.process.linux_process_host import LinuxProcessHost
from adapters.process.process_table import has_any_marker, has_other_marker, process_entry
from adapters.process.watchdog_process import CommandKiller, WatchedCommands
from domain.ids import TaskId
from ports.process import Command
from tests.patience import PATIENCE_S

# It counts on the whole machine, where these tests may be running once more.
TASK = TaskId(f"first-thread-{os.getpid()}")
MARKER = marker_of(TASK)
PROGRAM = """
import ctypes, os, threading
os.setpgrp()
first = os.getpid()
def go_on():
    while open(f"/proc/{first}/stat").read().rpartition(") ")[2][0] != "Z": pass
    print(first, flush=True)
    threading.Event().wait(300)
threading.Thread(target=go_on).start()
ctypes.CDLL(None).pthread_exit(None)
"""


def test_it_is_alive_and_its_environment_is_known() -> None:
    with _started() as process:
        entry = process_entry(process.pid)

        assert entry is not None
        assert not entry.is_zombie
        assert has_any_marker(process.pid, [MARKER])
        assert has_other_marker(process.pid, [b"AGENTCAST_TASK_ID=another"])


def test_a_process_that_has_ended_and_was_not_reaped_is_a_zombie() -> None:
    with _started() as process:
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        entry = process_entry(process.pid)

        assert entry is not None
        assert entry.is_zombie


@pytest.mark.parametrize("start", ["", "setsid", "env -i /usr/bin/setsid"])
async def test_it_ends_with_its_command_also_as_an_orphan(tmp_path: Path, start: str) -> None:
    program = f"{sys.executable} -S -c {shlex.quote(PROGRAM)} &"
    script = f"{start} /bin/sh -c {shlex.quote(program)}; sleep 300"
    argv = ("/bin/sh", "-c", script)
    command = Command(argv=argv, cwd=str(tmp_path), task_id=TASK, pty=False, sandbox="none")

    with anyio.fail_after(PATIENCE_S):
        async with LinuxProcessHost().start(command) as process:
            stray = int((await anext(process.output())).text)
            await process.stop(grace_s=0)

    assert not psutil.pid_exists(stray)


async def test_it_is_found_by_the_marker_of_its_task() -> None:
    with _started() as process:
        with anyio.fail_after(PATIENCE_S):
            killed = await LinuxProcessHost().sweep([TASK])

        assert process.pid in killed
        assert process.wait(PATIENCE_S) == -signal.SIGKILL


def test_the_watchdog_kills_it_too() -> None:
    with _started() as process:
        killer = CommandKiller(WatchedCommands(), server=os.getpid(), is_sole_parent=False)
        killer.kill_tasks([MARKER])

        assert process.wait(PATIENCE_S) == -signal.SIGKILL


@contextmanager
def _started() -> Iterator[subprocess.Popen[bytes]]:
    argv = [sys.executable, "-S", "-c", PROGRAM]
    name, _, value = MARKER.decode().partition("=")
    with subprocess.Popen(argv, env={name: value}, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield process
        finally:
            process.kill()
