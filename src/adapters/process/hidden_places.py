"""What no sandboxed command may see, and where it may not work because of that."""

import os
import stat
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath

from domain.errors import StartFailed
from domain.workspace_walls import lies_in

OWN = "/tmp"
"""Of which every sandbox has one of its own."""

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
    # A sandbox of root's is still the owner of them.
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/ssl/private",
    "/sys/kernel/debug",
    "/sys/kernel/tracing",
)
_SOCKETS = ("/run/docker.sock", "/run/containerd", "/run/podman", "/run/user", "/run/dbus")
_NAME_SERVERS = "/etc/resolv.conf"
_KERNELS = ("/dev", "/proc", "/sys")


def hidden_paths(folders: Sequence[str]) -> Sequence[str]:
    """The given folders, and where credentials usually are, as far as they exist."""
    return _found((*folders, *_CREDENTIALS))


def private_folders(environment: Mapping[str, str]) -> Sequence[str]:
    """Where programs of the machine leave sockets, and tasks their homes: empty in a sandbox."""
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    places = (OWN, "/run", "/var/run", runtime, tempfile.gettempdir())
    return _found(place for place in places if place.startswith(os.sep) and place != os.sep)


def name_servers(private: Collection[str]) -> Sequence[str]:
    """The file that names them, which may lie in one of these."""
    path = os.path.realpath(_NAME_SERVERS)
    is_hidden = any(lies_in(path, place) for place in private)
    return (path,) if is_hidden and os.path.exists(path) else ()


def server_files(files: Sequence[str], *, needed: Collection[str]) -> Sequence[str]:
    """What hides these files of the server's: the folders they are in, or else they alone.

    A file that is replaced comes back into sight where it alone is hidden. So a folder is spared
    only if the command needs something in it, or if it is one that everything needs.
    """
    hidden: list[str] = []
    for file in map(os.path.realpath, filter(os.path.exists, files)):
        folder = os.path.dirname(file)
        is_spared = _is_broad(folder) or any(lies_in(path, folder) for path in needed)
        hidden.append(file if is_spared else folder)
    inner = {path for path in hidden for other in hidden if path != other and lies_in(path, other)}
    return tuple(path for path in dict.fromkeys(hidden) if path not in inner)


def sockets_in_sight() -> Iterator[str]:
    """Those that have a path now and belong to this network namespace: proc_net(5)."""
    try:
        with open("/proc/net/unix", encoding="utf-8", errors="surrogateescape") as table:
            rows = [line.rstrip("\n").split(None, 7) for line in table]
    except OSError:
        return
    for row in rows[1:]:
        if len(row) == 8 and row[7].startswith(os.sep) and is_socket(row[7]):
            yield os.path.realpath(row[7])


def is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def barrier_before(path: str) -> str:
    """The outermost folder around it that only other users may enter; else the path itself.

    Root may, but nothing can be mounted in there: bubblewrap has root's rights over root's own
    files alone, and so has what it runs.
    """
    if os.geteuid() == 0:
        groups = {os.getegid(), *os.getgroups()}
        for folder in reversed(PurePath(path).parents):
            found = os.stat(folder)
            needed = stat.S_IXGRP if found.st_gid in groups else stat.S_IXOTH
            if found.st_uid != 0 and not found.st_mode & needed:
                return str(folder)
    return path


def require_workspace(cwd: str, *, server_folders: Sequence[str]) -> None:
    """Raises StartFailed for a real path whose showing would undo the hiding.

    A folder around a hidden place is no such path: the place is hidden inside of it. Nor is one
    inside of a server's folder, where sessions have theirs.
    """
    if cwd == os.sep:
        raise _refusal(cwd, "it is the whole machine")
    if cwd == os.path.realpath("/run"):
        raise _refusal(cwd, "sockets are hidden there")
    if any(lies_in(cwd, path) for path in _KERNELS):
        raise _refusal(cwd, "it belongs to the kernel")
    if cwd in _found(server_folders):
        raise _refusal(cwd, "it is the server's own folder")
    if any(lies_in(cwd, path) for path in _found((*_CREDENTIALS, *_SOCKETS))):
        raise _refusal(cwd, "credentials or sockets are hidden there")


def _is_broad(folder: str) -> bool:
    """`/` and what is right below it, a home, and what homes are in."""
    return len(PurePath(folder).parts) <= 2 or lies_in(os.path.expanduser("~"), folder)


def _found(paths: Iterable[str]) -> Sequence[str]:
    expanded = map(os.path.expanduser, paths)
    real = (os.path.realpath(path) for path in expanded if os.path.exists(path))
    return tuple(dict.fromkeys(real))


def _refusal(cwd: str, reason: str) -> StartFailed:
    return StartFailed(f"cannot work in {cwd!r} in a sandbox: {reason}")
