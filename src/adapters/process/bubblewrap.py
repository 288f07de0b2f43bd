"""Wraps a command in bubblewrap: its workspace, no network, and nothing of the server's."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from domain.agent_profile import Network

_VIEW = ("--unshare-all", "--die-with-parent", "--ro-bind", "/", "/")
_FRESH = ("--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp")


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxPlan:
    """What one command may see, write and reach; all paths are absolute."""

    cwd: str
    home: str
    hidden: Sequence[str]
    network: Network
    pty: bool
    shared: Sequence[str] = ()
    """Folders besides that it may write to."""
    readable: Sequence[str] = ()
    """What it may read although its surroundings are hidden."""
    status_fd: int | None = None
    """Where bubblewrap is to tell of its first process."""


def bubblewrap_argv(program: str, argv: Sequence[str], plan: SandboxPlan) -> list[str]:
    return [
        program,
        *_VIEW,
        *_FRESH,
        *(() if plan.status_fd is None else ("--json-status-fd", str(plan.status_fd))),
        *(("--share-net",) if plan.network == "host" else ()),
        # Under a terminal a new session would lose the controlling terminal; it is private.
        *(() if plan.pty else ("--new-session",)),
        *_mounts(plan),
        "--chdir",
        plan.cwd,
        "--",
        *argv,
    ]


def _mounts(plan: SandboxPlan) -> Iterator[str]:
    """What is mounted last is seen: the inner of two folders, and of one folder its mask."""
    shown = [path for path in (plan.home, plan.cwd, *plan.shared) if os.path.isdir(path)]
    mounts: list[tuple[str, tuple[str, ...]]] = [
        (path, ("--ro-bind", path, path)) for path in plan.readable
    ]
    mounts += [(path, ("--bind", path, path)) for path in dict.fromkeys(shown)]
    mounts += [(path, _mask(path)) for path in plan.hidden]
    for _, mount in sorted(mounts, key=lambda one: len(PurePath(one[0]).parts)):
        yield from mount


def _mask(path: str) -> tuple[str, ...]:
    return ("--tmpfs", path) if os.path.isdir(path) else ("--ro-bind", "/dev/null", path)
