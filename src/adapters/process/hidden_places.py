"""What no sandboxed command may see, and where it may not work because of that."""

import os
from collections.abc import Iterable, Sequence

from domain.errors import StartFailed

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
_KERNELS = ("/dev", "/proc", "/sys")


def hidden_paths(folders: Sequence[str]) -> Sequence[str]:
    """The given folders, and where credentials and sockets usually are, as far as they exist."""
    return _found((*folders, *_CREDENTIALS, *_SOCKETS))


def require_workspace(cwd: str, *, server_folders: Sequence[str]) -> None:
    """Raises StartFailed for a real path whose showing would undo the hiding.

    A folder around a hidden place is no such path: the place is hidden inside of it. Nor is one
    inside of a server's folder, where sessions have theirs.
    """
    if cwd == os.sep:
        raise _refusal(cwd, "it is the whole machine")
    if any(lies_in(cwd, path) for path in _KERNELS):
        raise _refusal(cwd, "it belongs to the kernel")
    if cwd in _found(server_folders):
        raise _refusal(cwd, "it is the server's own folder")
    if any(lies_in(cwd, path) for path in _found((*_CREDENTIALS, *_SOCKETS))):
        raise _refusal(cwd, "credentials or sockets are hidden there")


def lies_in(path: str, folder: str) -> bool:
    """Whether one real path is the other, or below it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _found(paths: Iterable[str]) -> Sequence[str]:
    expanded = map(os.path.expanduser, paths)
    real = (os.path.realpath(path) for path in expanded if os.path.exists(path))
    return tuple(dict.fromkeys(real))


def _refusal(cwd: str, reason: str) -> StartFailed:
    return StartFailed(f"cannot work in {cwd!r} in a sandbox: {reason}")
