"""Waits for the exit of a process without reaping it."""

import asyncio
import os
import subprocess
from collections.abc import Callable

_POLL_S = 0.05


class ExitWatch:
    """With pidfds the process stays a zombie until `reap`, so that its pid and process group
    cannot be reused while its descendants are being killed. Without them it is polled."""

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        self._popen = popen
        self._loop = asyncio.get_running_loop()
        self._exited: asyncio.Future[None] = self._loop.create_future()
        self._peak_kib = 0
        self._pidfd = _pidfd(popen.pid)
        if self._pidfd is None:
            self._poll()
        else:
            self._loop.add_reader(self._pidfd, self._on_exit)

    @property
    def has_exited(self) -> bool:
        return self._exited.done()

    @property
    def peak_bytes(self) -> int:
        """Peak memory of the process or a descendant it has waited for; 0 until reaped."""
        return self._peak_kib * 1024

    async def exited(self, *, timeout_s: float | None = None) -> bool:
        """Wait for the exit; False after `timeout_s` without one."""
        if not self._exited.done():
            await asyncio.wait((self._exited,), timeout=timeout_s)
        return self._exited.done()

    def call_back(self, callback: Callable[[asyncio.Future[None]], None]) -> None:
        self._exited.add_done_callback(callback)

    def call_off(self, callback: Callable[[asyncio.Future[None]], None]) -> None:
        self._exited.remove_done_callback(callback)

    def reap(self) -> int | None:
        """The return code as in `subprocess`; None if the process is still running."""
        returncode = self._take()
        if returncode is not None:
            self._close()
        return returncode

    def _take(self) -> int | None:
        """As `Popen.poll`, and records the memory that was used."""
        if self._popen.returncode is None:
            try:
                pid, status, used = os.wait4(self._popen.pid, os.WNOHANG)
            except ChildProcessError:  # reaped by other code
                return self._popen.poll()
            if pid:
                self._popen.returncode = os.waitstatus_to_exitcode(status)
                self._peak_kib = used.ru_maxrss
        return self._popen.returncode

    def _on_exit(self) -> None:
        if self._pidfd is not None:
            self._loop.remove_reader(self._pidfd)
        if not self._exited.done():
            self._exited.set_result(None)

    def _poll(self) -> None:
        if self._take() is None:
            self._loop.call_later(_POLL_S, self._poll)
        else:
            self._on_exit()

    def _close(self) -> None:
        self._on_exit()
        if self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None


def _pidfd(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):  # not Linux, or one that is too old
        return None
