"""The watchdog kills commands when their server cannot."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.process.child_reaper import ChildReaper, Identity
from adapters.process.process_table import process_entry
from adapters.process.watchdog import Watchdog
from adapters.process.watchdog_process import CommandKiller, WatchedCommands, watch
from tests.patience import PATIENCE_S

# Marks count on the whole machine, where these tests may be running once more.
TASK, OTHER = (f"AGENTCAST_TASK_ID={name}-{os.getpid()}".encode() for name in ("task", "other"))


def test_a_task_expires_at_its_deadline_unless_that_was_extended() -> None:
    watched = WatchedCommands()
    watched.feed(f"until {TASK.hex()} 10.0\nuntil {OTHER.hex()} 12".encode())
    assert (watched.timeout_s(4.0), watched.expired(9.9), watched.expired(10.0)) == (
        6,
        set(),
        {TASK},
    )

    watched.feed(f".5\nuntil {TASK.hex()} 20\n".encode())

    assert (watched.timeout_s(10.0), watched.expired(13)) == (2.5, {OTHER})


def test_a_task_without_a_deadline_never_expires() -> None:
    watched = WatchedCommands()
    watched.feed(f"until {TASK.hex()} 10\nfree {TASK.hex()}\n".encode())

    assert (watched.timeout_s(99), watched.expired(99)) == (None, set())


def test_after_a_deadline_it_looks_again_for_what_was_being_started() -> None:
    watched = WatchedCommands()
    watched.feed(f"until {TASK.hex()} 10\n".encode())

    assert 0 < (watched.timeout_s(99) or 0) < 1


def test_its_messages_are_read_before_it_ends_anything() -> None:
    """It may have been stopped itself, with the renewal waiting to be read."""
    read_end, write_end = os.pipe()
    watched, ended = WatchedCommands(), list[set[bytes]]()

    class RecordingKiller(CommandKiller):
        def kill_tasks(self, markers: object) -> None:
            ended.append(set(markers) if isinstance(markers, set) else set())

        def kill_all(self) -> None:
            ended.append({b"all"})

    os.write(write_end, f"until {TASK.hex()} 10\nuntil {OTHER.hex()} 10\n".encode())
    os.write(write_end, f"until {TASK.hex()} 30\n".encode())

    def now() -> float:
        if ended:
            os.close(write_end)
        return 20.0

    watch(read_end, watched, RecordingKiller(watched, server=1, is_sole_parent=False), now)
    os.close(read_end)

    assert ended == [{OTHER}, {b"all"}]


def test_at_its_deadline_a_command_is_killed_and_another_task_is_not() -> None:
    with _watchdog() as watchdog, _command(TASK) as late, _command(OTHER) as other:
        watchdog.prepare()
        watchdog.enter(_identity(late), TASK)
        watchdog.enter(_identity(other), OTHER)
        watchdog.set_deadline(OTHER, time.monotonic() + 600)
        watchdog.set_deadline(TASK, time.monotonic())

        assert late.wait(PATIENCE_S) == -signal.SIGKILL
        assert other.poll() is None


def test_a_command_that_was_not_reported_yet_is_found_by_its_mark() -> None:
    with _watchdog() as watchdog, _command(TASK) as unknown:
        watchdog.prepare()
        watchdog.set_deadline(TASK, time.monotonic())

        assert unknown.wait(PATIENCE_S) == -signal.SIGKILL


def test_a_stranger_that_has_got_the_pid_of_a_command_is_left_alone() -> None:
    with _watchdog() as watchdog, _command(OTHER) as stranger, _command(TASK) as late:
        pid, started = _identity(stranger)
        watchdog.prepare()
        watchdog.enter((pid, started - 1), TASK)
        watchdog.enter(_identity(late), TASK)
        watchdog.set_deadline(TASK, time.monotonic())

        assert late.wait(PATIENCE_S) == -signal.SIGKILL
        assert stranger.poll() is None


def test_one_that_was_killed_is_replaced_and_gets_the_state_of_the_former() -> None:
    with _watchdog() as watchdog, _command(TASK) as late:
        watchdog.prepare()
        watchdog.enter(_identity(late), TASK)
        former = watchdog.pid
        assert former is not None
        os.kill(former, signal.SIGKILL)
        os.waitid(os.P_PID, former, os.WEXITED | os.WNOWAIT)

        watchdog.set_deadline(TASK, time.monotonic() + 0.01)

        assert late.wait(PATIENCE_S) == -signal.SIGKILL
        assert watchdog.pid not in (None, former)
        assert not watchdog.is_failing


def test_one_that_does_not_read_is_replaced_and_takes_no_command_along() -> None:
    with _watchdog() as watchdog, _command(TASK) as command:
        watchdog.prepare()
        watchdog.enter(_identity(command), TASK)
        former = watchdog.pid
        assert former is not None
        os.kill(former, signal.SIGSTOP)

        for _ in range(100_000):
            watchdog.set_deadline(TASK, time.monotonic() + 600)
            if watchdog.pid != former:
                break

        assert watchdog.pid != former
        assert command.poll() is None


def test_where_it_does_not_start_commands_do_and_it_is_known(
    caplog: pytest.LogCaptureFixture,
) -> None:
    watchdog = Watchdog(ChildReaper(), interpreter="/no/such/python")
    watchdog.open()
    with _command(TASK) as command:
        watchdog.prepare()
        watchdog.enter(_identity(command), TASK)
        watchdog.set_deadline(TASK, time.monotonic())

        assert (watchdog.is_failing, watchdog.pid, command.poll()) == (True, None, None)
    watchdog.close()

    assert len(caplog.messages) == 1


def test_one_that_did_not_start_is_tried_again_also_where_no_command_is(tmp_path: Path) -> None:
    interpreter = tmp_path / "python"
    with _watchdog(interpreter=str(interpreter), retry_s=0) as watchdog:
        watchdog.prepare()
        was_failing = watchdog.is_failing
        interpreter.symlink_to(sys.executable)

        watchdog.set_orphans(())

        assert (was_failing, watchdog.is_failing) == (True, False)
        assert watchdog.pid is not None


def test_one_that_never_lives_is_not_started_with_every_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with _watchdog(interpreter="/bin/false") as watchdog, _command(TASK) as command:
        watchdog.enter(_identity(command), TASK)
        seen: set[int] = set()
        while not watchdog.is_failing:
            watchdog.prepare()
            if (pid := watchdog.pid) is not None:
                seen.add(pid)
                os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            watchdog.set_deadline(TASK, time.monotonic() + 600)

        assert len(seen) < 10
        watchdog.set_deadline(TASK, time.monotonic() + 600)
        assert (watchdog.is_failing, watchdog.pid) == (True, None)


def test_it_goes_with_what_it_served_and_is_reaped() -> None:
    with _watchdog() as watchdog:
        watchdog.prepare()
        pid = watchdog.pid

    assert pid is not None
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def test_signals_that_are_meant_for_the_server_do_not_end_it() -> None:
    with _watchdog() as watchdog, _command(TASK) as late:
        watchdog.prepare()
        watchdog.enter(_identity(late), TASK)
        watchdog.set_deadline(OTHER, time.monotonic())  # it has begun to listen once that is over
        assert watchdog.pid is not None
        assert os.getsid(watchdog.pid) == watchdog.pid
        with _command(OTHER) as first:
            first.wait(PATIENCE_S)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(watchdog.pid, number)

        watchdog.set_deadline(TASK, time.monotonic())

        assert late.wait(PATIENCE_S) == -signal.SIGKILL


@contextmanager
def _watchdog(*, interpreter: str = sys.executable, retry_s: float = 5.0) -> Iterator[Watchdog]:
    watchdog = Watchdog(ChildReaper(), interpreter=interpreter, retry_s=retry_s)
    watchdog.open()
    try:
        yield watchdog
    finally:
        watchdog.close()


@contextmanager
def _command(marker: bytes) -> Iterator["subprocess.Popen[bytes]"]:
    name, _, value = marker.decode().partition("=")
    with subprocess.Popen(["sleep", "600"], env={name: value}, start_new_session=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _identity(process: "subprocess.Popen[bytes]") -> Identity:
    found = process_entry(process.pid)
    assert found is not None
    return process.pid, found.started
