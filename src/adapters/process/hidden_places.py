"""Paths that are hidden from every sandboxed command, and so may not be its workspace."""

import os
import stat
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath

from domain.errors import StartFailed
from domain.forbidden_folders import lies_in

OWN = "/tmp"
"""Every sandbox has its own."""

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
    # Root inside of a sandbox still owns them.
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
    """The existing ones among the given folders and the usual places of credentials."""
    return _found((*folders, *_CREDENTIALS))


def private_folders(environment: Mapping[str, str]) -> Sequence[str]:
    """Folders for sockets and temporary files, which are empty in a sandbox."""
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    places = (OWN, "/run", "/var/run", runtime, tempfile.gettempdir())
    return _found(place for place in places if place.startswith(os.sep) and place != os.sep)


def name_servers(private: Collection[str]) -> Sequence[str]:
    """The real path of resolv.conf if it lies in one of the private folders."""
    path = os.path.realpath(_NAME_SERVERS)
    is_hidden = any(lies_in(path, place) for place in private)
    return (path,) if is_hidden and os.path.exists(path) else ()


def server_files(files: Sequence[str], *, needed: Collection[str]) -> Sequence[str]:
    """The paths to mask so that these files of the server are hidden: their folders if possible.

    A file that is masked alone becomes visible again when it is replaced. So the whole folder is
    masked unless the command needs something in it, or everything does (`/usr`, a home).
    """
    hidden: list[str] = []
    for file in map(os.path.realpath, filter(os.path.exists, files)):
        folder = os.path.dirname(file)
        is_spared = _is_broad(folder) or any(lies_in(path, folder) for path in needed)
        hidden.append(file if is_spared else folder)
    inner = {path for path in hidden for other in hidden if path != other and lies_in(path, other)}
    return tuple(path for path in dict.fromkeys(hidden) if path not in inner)


def sockets_in_sight() -> Iterator[str]:
    """Real paths of Unix sockets in this network namespace, as in proc_net(5)."""
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
    """The outermost parent folder that bubblewrap cannot enter as root; else the path itself.

    In its user namespace bubblewrap has root's rights over root's own files only, so it cannot
    mount anything below a closed folder of another user; nor can the command reach it.
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
    """Raises StartFailed for a real path that would expose a hidden place.

    A parent of a hidden place is allowed, as the place is masked inside of it; so is a folder
    below a server's folder, where sessions have their workspaces.
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
    """Whether it is `/`, a folder right below it, a home or a parent of homes."""
    return len(PurePath(folder).parts) <= 2 or lies_in(os.path.expanduser("~"), folder)


def _found(paths: Iterable[str]) -> Sequence[str]:
    expanded = map(os.path.expanduser, paths)
    real = (os.path.realpath(path) for path in expanded if os.path.exists(path))
    return tuple(dict.fromkeys(real))


def _refusal(cwd: str, reason: str) -> StartFailed:
    return StartFailed(f"cannot work in {cwd!r} in a sandbox: {reason}")
