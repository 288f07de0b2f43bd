"""Runs a helper process that kills commands when the server is frozen or dead."""

import fcntl
import logging
import os
import subprocess
import sys
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

from adapters.process.child_reaper import ChildReaper, Identity

log = logging.getLogger(__name__)

_PROGRAM = "from adapters.process.watchdog_process import main; main()"
_SOURCES = str(Path(__file__).parents[2])
_PIPE_BYTES = 1 << 20
_MOST_ORPHANS = 100  # in one message: a longer line might not be written to a pipe at once
_RETRY_S = 5.0
_MOST_SHORT_LIVES = 3
_EXIT_S = 5.0


class Watchdog:
    """Runs the process from the first command on until it is closed.

    The process has its own session, so that signals of this terminal do not reach it, and exits
    when this process does. If it is gone or stuck it is replaced with the next message; after
    repeated short lives only after `retry_s`.
    """

    def __init__(
        self, reaper: ChildReaper, *, interpreter: str = sys.executable, retry_s: float = _RETRY_S
    ) -> None:
        """`retry_s`: how long after a failure to wait before starting the next one."""
        self._reaper = reaper
        self._interpreter = interpreter
        self._retry_s = retry_s
        self._commands: dict[Identity, bytes] = {}
        self._deadlines: dict[bytes, float] = {}
        self._orphans: Collection[Identity] = ()
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: int | None = None
        self.is_open = False
        self._failed_at: float | None = None
        self._started_at = 0.0
        self._short_lives = 0

    @property
    def pid(self) -> int | None:
        """None while none is running."""
        return None if self._process is None else self._process.pid

    @property
    def is_failing(self) -> bool:
        """Whether it cannot be started, or keeps dying."""
        return self._failed_at is not None

    def open(self) -> None:
        self.is_open = _has_pidfds()  # without them it might kill a process that reused a pid

    def close(self) -> None:
        """Returns when the process is gone."""
        self.is_open = False
        self._end()

    def prepare(self) -> None:
        """Call before a command is started, so that none runs without the watchdog."""
        if self.is_open and self._pipe is None and self._may_start():
            self._start()

    def enter(self, leader: Identity, marker: bytes) -> None:
        self._commands[leader] = marker
        self._send(_command(leader, marker))

    def forget(self, leader: Identity) -> None:
        if self._commands.pop(leader, None) is not None:
            self._send(f"ended {_identity_text(leader)}")

    def set_deadline(self, marker: bytes, at: float | None) -> None:
        """On the monotonic clock, which both processes share."""
        if at is None:
            if self._deadlines.pop(marker, None) is not None:
                self._send(f"free {marker.hex()}")
        else:
            self._deadlines[marker] = at
            self._send(_deadline(marker, at))

    def set_orphans(self, orphans: Iterable[Identity]) -> None:
        """Report orphans, which it could not recognise once this process is dead.

        Call regularly: it also restarts a failed process, as a server that is not ready because of
        that gets no command to start.
        """
        if self.is_failing:
            self.prepare()
        known = tuple(sorted(orphans))[-_MOST_ORPHANS:]
        if known != self._orphans:
            self._orphans = known
            self._send(_orphans(known))

    def _may_start(self) -> bool:
        return self._failed_at is None or time.monotonic() - self._failed_at >= self._retry_s

    def _start(self) -> None:
        read_end, pipe = os.pipe()
        try:
            os.set_blocking(pipe, False)
            with suppress(OSError):  # more than a user may have
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
            with self._reaper.starting_helper() as helpers:
                self._process = self._popen(read_end)
                helpers.add(self._process.pid)
            self._pipe, self._started_at = pipe, time.monotonic()
            self._write_all()
            self._failed_at = None
        except OSError as error:
            self._fail(error)
            self._pipe = self._pipe or pipe
            self._end()
        finally:
            os.close(read_end)

    def _popen(self, read_end: int) -> subprocess.Popen[bytes]:
        kind = "sole" if self._reaper.is_sole_parent else "shared"
        return subprocess.Popen(
            [self._interpreter, "-S", "-P", "-c", _PROGRAM, str(os.getpid()), kind],
            stdin=read_end,
            stdout=subprocess.DEVNULL,
            env={"PYTHONPATH": _SOURCES},
            cwd="/",
            start_new_session=True,
        )

    def _write_all(self) -> None:
        """Send the whole state to a new process, deadlines first."""
        for marker, at in self._deadlines.items():
            self._write(_deadline(marker, at))
        for leader, marker in self._commands.items():
            self._write(_command(leader, marker))
        if self._orphans:
            self._write(_orphans(self._orphans))

    def _send(self, line: str) -> None:
        if self._pipe is None:
            if self._commands:
                self.prepare()
            return
        try:
            self._write(line)
        except OSError as error:
            self._replace(error)

    def _replace(self, error: OSError) -> None:
        """It is gone or has stopped reading: start another one and send it the whole state."""
        log.warning("the watchdog is replaced: %s", error)
        if self._process is not None:
            self._process.kill()  # first: at the end of its input it would kill the commands
        self._end()
        is_short = time.monotonic() - self._started_at < self._retry_s
        self._short_lives = self._short_lives + 1 if is_short else 0
        if self._short_lives > _MOST_SHORT_LIVES:
            self._fail(error)
        self.prepare()

    def _fail(self, error: OSError) -> None:
        log.error("the watchdog does not live; a command may outlast a lost lease: %s", error)
        self._failed_at = time.monotonic()

    def _end(self) -> None:
        process, pipe = self._process, self._pipe
        self._process = self._pipe = None
        if pipe is not None:
            os.close(pipe)
        if process is None:
            return
        try:
            process.wait(_EXIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with self._reaper.starting_helper() as helpers:
            helpers.discard(process.pid)

    def _write(self, line: str) -> None:
        """Whole or not at all: every line is shorter than PIPE_BUF."""
        if self._pipe is not None:
            os.write(self._pipe, line.encode() + b"\n")


def _has_pidfds() -> bool:
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):  # not Linux, or one that is too old
        return False
    return True


def _command(leader: Identity, marker: bytes) -> str:
    return f"command {_identity_text(leader)} {marker.hex()}"


def _deadline(marker: bytes, at: float) -> str:
    return f"until {marker.hex()} {at!r}"


def _orphans(orphans: Iterable[Identity]) -> str:
    return " ".join(("orphans", *map(_identity_text, orphans)))


def _identity_text(identity: Identity) -> str:
    pid, started = identity
    return f"{pid}/{started}"
