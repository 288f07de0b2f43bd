"""Wraps a command in bubblewrap: its workspace, no network, and nothing of the server's."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from domain.agent_profile import Network

# As root bubblewrap leaves a command all its capabilities unless it is told to drop them; it sets
# no_new_privs of its own accord. Our first process takes the place of its own as pid 1.
_BOUNDS = ("--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--as-pid-1")
_VIEW = ("--ro-bind", "/", "/")
_FRESH = ("--dev", "/dev", "--proc", "/proc")
# Only the owner's number guards most of it, and root's is the same inside. Bubblewrap means to
# cover the first four, and takes /proc/sys for read-only because nothing can be made in it.
_SETTINGS = ("sys", "sysrq-trigger", "irq", "bus", "acpi", "asound", "fs", "mtrr", "scsi")


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxPlan:
    """What one command may see, write and reach; all paths are absolute."""

    cwd: str
    home: str
    hidden: Sequence[str]
    private: Sequence[str]
    """Folders in whose place it has empty ones, but for one that it works in."""
    network: Network
    pty: bool
    shared: Sequence[str] = ()
    """Folders besides that it may write to."""
    readable: Sequence[str] = ()
    """What it may read although its surroundings are hidden; sockets, what it may reach."""
    filter_fd: int | None = None
    """Where bubblewrap reads the seccomp filter; None where there is none for this machine."""


def bubblewrap_argv(program: str, argv: Sequence[str], plan: SandboxPlan) -> list[str]:
    return [
        program,
        *_BOUNDS,
        *_VIEW,
        *_FRESH,
        *_settings(),
        *(() if plan.filter_fd is None else ("--seccomp", str(plan.filter_fd))),
        *(("--share-net",) if plan.network == "host" else ()),
        # Under a terminal a new session would lose the controlling terminal; it is private.
        *(() if plan.pty else ("--new-session",)),
        *_mounts(plan),
        "--chdir",
        plan.cwd,
        "--",
        *argv,
    ]


def _settings() -> Iterator[str]:
    """The kernel's, to be read only."""
    for path in (f"/proc/{name}" for name in _SETTINGS):
        if os.path.exists(path):
            yield from ("--ro-bind", path, path)


def _mounts(plan: SandboxPlan) -> Iterator[str]:
    """What is mounted last is seen: the inner of two folders, and of one folder its mask."""
    shown = [path for path in (plan.home, plan.cwd, *plan.shared) if os.path.isdir(path)]
    mounts: list[tuple[str, tuple[str, ...]]] = [
        (path, ("--ro-bind", path, path)) for path in plan.readable
    ]
    mounts += [(path, ("--bind", path, path)) for path in dict.fromkeys(shown)]
    hidden = (*(path for path in plan.private if path not in shown), *plan.hidden)
    mounts += [(path, _mask(path)) for path in dict.fromkeys(hidden)]
    for _, mount in sorted(mounts, key=lambda one: len(PurePath(one[0]).parts)):
        yield from mount
    for path in filter(os.path.isdir, dict.fromkeys(plan.hidden)):
        yield from ("--remount-ro", path)  # once what is shown in it has its place


def _mask(path: str) -> tuple[str, ...]:
    return ("--tmpfs", path) if os.path.isdir(path) else ("--ro-bind", "/dev/null", path)
