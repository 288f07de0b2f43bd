"""Keeps a process beside this one that ends commands when this one cannot."""

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
_ROOM_BYTES = 1 << 20
_MOST_ORPHANS = 100  # in one message: what is longer may be torn in a pipe
_AGAIN_S = 5.0
_MOST_SHORT_LIVES = 3
_LEAVE_S = 5.0


class Watchdog:
    """Has the process while it is open, from the first command on.

    It is in a session of its own: what is typed at this process's terminal does not reach it. It
    goes when this process does. Should it be gone or stuck, another one is started with the next
    message; one that never lives long is tried again after a while only.
    """

    def __init__(
        self, leaders: ChildReaper, *, interpreter: str = sys.executable, again_s: float = _AGAIN_S
    ) -> None:
        """`again_s` is how long it takes until one that has failed is tried again."""
        self._leaders = leaders
        self._interpreter = interpreter
        self._again_s = again_s
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
        """None while there is none."""
        return None if self._process is None else self._process.pid

    @property
    def is_failing(self) -> bool:
        """Whether it should be there and cannot be started, or does not live."""
        return self._failed_at is not None

    def open(self) -> None:
        self.is_open = _has_pidfds()  # without them it might hit a stranger

    def close(self) -> None:
        """Returns when it is gone."""
        self.is_open = False
        self._end()

    def prepare(self) -> None:
        """To be called before a command is started, so that it is never without it."""
        if self.is_open and self._pipe is None and self._may_start():
            self._start()

    def enter(self, leader: Identity, mark: bytes) -> None:
        self._commands[leader] = mark
        self._send(_command(leader, mark))

    def forget(self, leader: Identity) -> None:
        if self._commands.pop(leader, None) is not None:
            self._send(f"ended {_word(leader)}")

    def set_deadline(self, mark: bytes, at: float | None) -> None:
        """By the monotonic clock, which is the same for both."""
        if at is None:
            if self._deadlines.pop(mark, None) is not None:
                self._send(f"free {mark.hex()}")
        else:
            self._deadlines[mark] = at
            self._send(_deadline(mark, at))

    def know_orphans(self, orphans: Iterable[Identity]) -> None:
        """What it could not find by itself once this process is dead.

        To be called now and then: one that has failed is tried again, as a server that is not
        ready because of that may get no command to start.
        """
        if self.is_failing:
            self.prepare()
        known = tuple(sorted(orphans))[-_MOST_ORPHANS:]
        if known != self._orphans:
            self._orphans = known
            self._send(_orphans(known))

    def _may_start(self) -> bool:
        return self._failed_at is None or time.monotonic() - self._failed_at >= self._again_s

    def _start(self) -> None:
        read_end, pipe = os.pipe()
        try:
            os.set_blocking(pipe, False)
            with suppress(OSError):  # more than a user may have
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _ROOM_BYTES)
            with self._leaders.helping() as helpers:
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
        kind = "sole" if self._leaders.is_sole_parent else "shared"
        return subprocess.Popen(
            [self._interpreter, "-S", "-P", "-c", _PROGRAM, str(os.getpid()), kind],
            stdin=read_end,
            stdout=subprocess.DEVNULL,
            env={"PYTHONPATH": _SOURCES},
            cwd="/",
            start_new_session=True,
        )

    def _write_all(self) -> None:
        """What it has to know from the start; deadlines first, for they end things."""
        for mark, at in self._deadlines.items():
            self._write(_deadline(mark, at))
        for leader, mark in self._commands.items():
            self._write(_command(leader, mark))
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
        """It is gone, or has not read for long; the next one gets to know all of it again."""
        log.warning("the watchdog is replaced: %s", error)
        if self._process is not None:
            self._process.kill()  # first: at the end of its input it would end the commands
        self._end()
        is_short = time.monotonic() - self._started_at < self._again_s
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
            process.wait(_LEAVE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with self._leaders.helping() as helpers:
            helpers.discard(process.pid)

    def _write(self, line: str) -> None:
        """Whole or not at all, as every line is shorter than what a pipe takes at once."""
        if self._pipe is not None:
            os.write(self._pipe, line.encode() + b"\n")


def _has_pidfds() -> bool:
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):  # not Linux, or one that is too old
        return False
    return True


def _command(leader: Identity, mark: bytes) -> str:
    return f"command {_word(leader)} {mark.hex()}"


def _deadline(mark: bytes, at: float) -> str:
    return f"until {mark.hex()} {at!r}"


def _orphans(orphans: Iterable[Identity]) -> str:
    return " ".join(("orphans", *map(_word, orphans)))


def _word(identity: Identity) -> str:
    pid, started = identity
    return f"{pid}/{started}"
