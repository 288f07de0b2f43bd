"""The first process inside of a sandbox: bubblewrap leaves it behind, and what it used is lost.

So where that is asked for it is told apart from other orphans, and reaped here.
"""

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

_LOOK_S = 0.01
_MOST_LOOKS = 20
_ENOUGH_BYTES = 4096


class SandboxInit:
    """Owns the descriptors through which bubblewrap tells of it."""

    def __init__(self) -> None:
        self._read_fd, self._write_fd = os.pipe()
        os.set_blocking(self._read_fd, False)
        self._is_open = True
        self.peak_bytes = 0
        """The most that a process inside used, as far as their parents have waited for them."""

    @contextmanager
    def told(self) -> Iterator[int]:
        """The descriptor for bubblewrap; if it does not start, this is closed altogether."""
        try:
            yield self._write_fd
        except BaseException:
            self.close()
            raise
        finally:
            os.close(self._write_fd)

    async def reap(self) -> None:
        """To be called once bubblewrap has exited; its first process follows at once."""
        pid = self._pid()
        for _ in range(_MOST_LOOKS):
            if pid is None or self._is_reaped(pid):
                return
            await asyncio.sleep(_LOOK_S)

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            os.close(self._read_fd)

    def _pid(self) -> int | None:
        try:
            first, *_ = os.read(self._read_fd, _ENOUGH_BYTES).splitlines()
            return int(json.loads(first)["child-pid"])
        except (OSError, ValueError, KeyError):  # it did not get so far
            return None

    def _is_reaped(self, pid: int) -> bool:
        try:
            reaped, _, used = os.wait4(pid, os.WNOHANG)
        except ChildProcessError:  # another task's look for orphans was faster
            return True
        self.peak_bytes = used.ru_maxrss * 1024
        return reaped != 0
