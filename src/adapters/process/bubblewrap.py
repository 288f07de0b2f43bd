"""Wraps a command in bubblewrap: its workspace, no network, and nothing of the server's."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.agent_profile import Network

_CREDENTIALS = (
    "~/.ssh",
    "~/.gnupg",
    "~/.aws",
    "~/.azure",
    "~/.kube",
    "~/.docker",
    "~/.config/gcloud",
    "~/.config/gh",
    "~/.netrc",
    "~/.git-credentials",
    "~/.npmrc",
    "~/.pypirc",
)
# Sockets are reached through the file system, whatever the network.
_SOCKETS = ("/run/docker.sock", "/run/containerd", "/run/podman", "/run/user", "/run/dbus")
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


def hidden_paths(folders: Sequence[str]) -> Sequence[str]:
    """The given folders, and where credentials and sockets usually are, as far as they exist."""
    paths = (os.path.expanduser(path) for path in (*folders, *_CREDENTIALS, *_SOCKETS))
    found = (os.path.realpath(path) for path in paths if os.path.exists(path))
    return tuple(dict.fromkeys(found))


def bubblewrap_argv(program: str, argv: Sequence[str], plan: SandboxPlan) -> list[str]:
    writable = tuple(path for path in (plan.home, plan.cwd) if os.path.isdir(path))
    inside = [path for path in plan.hidden if _lies_in(path, writable)]
    outside = [path for path in plan.hidden if path not in inside]
    return [
        program,
        *_VIEW,
        *_FRESH,
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


def _lies_in(path: str, folders: Sequence[str]) -> bool:
    return any(path.startswith(os.path.realpath(folder) + os.sep) for folder in folders)


def _masks(paths: Sequence[str]) -> Iterator[str]:
    for path in paths:
        if os.path.isdir(path):
            yield from ("--tmpfs", path)
        else:
            yield from ("--ro-bind", "/dev/null", path)
