"""Runs as pid 1 of a sandbox: starts the command, reaps orphans, reports the exit status.

Its arguments are the descriptor to report to and the command. Its source is passed to the
interpreter with `-c`, so it imports nothing but what every interpreter has.
"""

import os
import sys

# `_signal`, as loading `signal` takes longer than all the rest.
from _signal import SIG_DFL, SIGINT, SIGPIPE, SIGXFSZ, signal  # type: ignore[import-not-found]

_NOT_EXECUTABLE, _NOT_FOUND = 126, 127  # as shells have it


def _main() -> int:
    report_fd, argv = int(sys.argv[1]), sys.argv[2:]
    os.set_inheritable(report_fd, False)
    # ^C is for the command; pid 1 gets no signal that it has no handler for.
    signal(SIGINT, SIG_DFL)
    try:
        # Python ignores two signals, which the command would inherit.
        command = os.posix_spawn(argv[0], argv, _environment(), setsigdef=(SIGPIPE, SIGXFSZ))
    except OSError as error:
        os.write(2, f"cannot start {argv[0]}: {error.strerror}\n".encode())
        return _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE
    for fd in (0, 1, 2):
        os.close(fd)  # else the reader would not see the command close them
    status, peak_kib = _awaited(command)
    os.write(report_fd, b"%d %d" % (status, peak_kib))
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _environment() -> dict[bytes, bytes]:
    """The environment unchanged: Python adds a locale where none is set."""
    with open("/proc/self/environ", "rb") as file:
        pairs = (item.partition(b"=") for item in file.read().split(b"\0") if item)
        return {name: value for name, _, value in pairs}


def _awaited(command: int) -> tuple[int, int]:
    """The wait status of the command, and the peak memory of all processes reaped until then."""
    peak_kib = 0
    while True:
        pid, status, used = os.wait3(0)
        peak_kib = max(peak_kib, used.ru_maxrss)
        if pid == command:
            return status, peak_kib


if __name__ == "__main__":
    os._exit(_main())
