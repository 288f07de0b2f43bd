"""Wraps a command in bubblewrap: its workspace, no network, and nothing of the server's."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adapters.process.hidden_places import lies_in
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
    status_fd: int | None = None
    """Where bubblewrap is to tell of its first process."""


def bubblewrap_argv(program: str, argv: Sequence[str], plan: SandboxPlan) -> list[str]:
    writable = tuple(path for path in (plan.home, plan.cwd) if os.path.isdir(path))
    # What is mounted last is seen: a folder that is hidden and shown is hidden.
    inside = [path for path in plan.hidden if any(lies_in(path, one) for one in writable)]
    outside = [path for path in plan.hidden if path not in inside]
    return [
        program,
        *_VIEW,
        *_FRESH,
        *(() if plan.status_fd is None else ("--json-status-fd", str(plan.status_fd))),
        *(("--share-net",) if plan.network == "host" else ()),
        # Under a terminal a new session would lose the controlling terminal; it is private.
        *(() if plan.pty else ("--new-session",)),
        *_masks(outside),
        *(part for path in writable for part in ("--bind", path, path)),
        *_masks(inside),
        "--chdir",
        plan.cwd,
        "--",
        *argv,
    ]


def _masks(paths: Sequence[str]) -> Iterator[str]:
    for path in paths:
        if os.path.isdir(path):
            yield from ("--tmpfs", path)
        else:
            yield from ("--ro-bind", "/dev/null", path)
