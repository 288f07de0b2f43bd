"""Decides what one command may see, write to and reach from its sandbox."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import PurePath

from adapters.process.bubblewrap import SandboxPlan
from adapters.process.hidden_places import (
    OWN,
    barrier_before,
    hidden_paths,
    is_socket,
    name_servers,
    private_folders,
    require_workspace,
    server_files,
    sockets_in_sight,
)
from adapters.process.sandbox_init import interpreter_paths
from domain.errors import StartFailed
from domain.forbidden_folders import lies_in
from ports.process import Command


def shared_folders(command: Command, environment: Mapping[str, str]) -> Sequence[str]:
    """The real paths of the existing folders that it may write to."""
    named = (_named(one, environment) for one in command.shared_folders)
    real = (os.path.realpath(os.path.expanduser(path)) for path in named if path)
    return tuple(dict.fromkeys(path for path in real if os.path.isdir(path)))


def program_paths(
    command: Command, argv: Sequence[str], environment: Mapping[str, str]
) -> Sequence[str]:
    """Where its programs are. Of its arguments only those named by the profile count, as a task
    may not widen the view."""
    paths = (argv[0], *environment["PATH"].split(os.pathsep), *command.shown_paths)
    return _existing(paths)


def named_paths(command: Command) -> Sequence[str]:
    """Existing absolute paths in the variables of its profile."""
    return _existing(part for value in command.env.values() for part in value.split(os.pathsep))


def reachable_sockets(command: Command) -> Sequence[str]:
    """The real paths of the sockets it names. Raises StartFailed for one that does not exist.

    `/tmp` is private to the sandbox, and stands for sockets between its own processes.
    """
    named = [os.path.realpath(path) for path in command.sockets if path.rstrip(os.sep) != OWN]
    for path in named:
        if not is_socket(path):
            raise StartFailed(f"there is no socket {path!r}, which its profile names")
    return named


def shown_in(place: str, paths: Iterable[str]) -> Iterator[str]:
    """The direct children of a hidden folder that must be shown whole because of these paths."""
    depth = len(PurePath(place).parts)
    for path in paths:
        parts = PurePath(path).parts
        if len(parts) > depth and lies_in(path, place):
            yield os.path.join(*parts[: depth + 1])


def _existing(paths: Iterable[str]) -> Sequence[str]:
    """The absolute paths that exist, and their real paths."""
    given = [path for path in paths if path.startswith(os.sep) and os.path.exists(path)]
    return tuple(dict.fromkeys((*given, *map(os.path.realpath, given))))


def _named(folder: str, environment: Mapping[str, str]) -> str:
    return environment.get(folder[1:], "") if folder.startswith("$") else folder


class SandboxView:
    def __init__(
        self,
        *,
        hidden_folders: Sequence[str],
        secret_files: Sequence[str],
        environment: Mapping[str, str],
    ) -> None:
        """`hidden_folders` are hidden except workspaces in them; `secret_files` with their
        folders, where the command needs nothing there."""
        self._hidden_folders = [os.path.realpath(folder) for folder in hidden_folders]
        self._secret_files = secret_files
        self._environment = environment

    def plan(
        self,
        command: Command,
        argv: Sequence[str],
        environment: Mapping[str, str],
        *,
        has_sockets: bool,
    ) -> SandboxPlan:
        """`has_sockets`: the command can create Unix sockets, so those in sight are masked.

        Raises StartFailed for a forbidden workspace, and for a socket that does not exist.
        """
        cwd = os.path.realpath(command.cwd)
        shared = shared_folders(command, environment)
        for folder in (cwd, *shared):
            require_workspace(folder, server_folders=self._hidden_folders)
        programs = (*program_paths(command, argv, environment), *interpreter_paths())
        needed = (cwd, *shared, *programs, *named_paths(command))
        home, reachable = os.path.realpath(environment["HOME"]), reachable_sockets(command)
        written = (home, cwd, *shared)
        private = [one for one in private_folders(self._environment) if one not in written]
        shown = [path for place in private for path in shown_in(place, programs)]
        readable = (*shown, *name_servers(private), *reachable)
        hidden = [
            *hidden_paths(self._hidden_folders),
            *server_files(self._secret_files, needed=self._outside(needed)),
        ]
        if has_sockets:
            sockets = _in_sight(masked=(*private, *hidden), shown=(*written, *readable))
            hidden += set(sockets).difference(reachable)
        return SandboxPlan(
            cwd=cwd,
            home=home,
            hidden=(*hidden, *_by_links(hidden, shown)),
            private=private,
            network=command.network,
            pty=command.pty,
            shared=shared,
            readable=readable,
        )

    def _outside(self, paths: Sequence[str]) -> Sequence[str]:
        """Without paths in folders that are hidden anyway, such as workspaces."""
        hidden = self._hidden_folders
        return [path for path in paths if not any(lies_in(path, folder) for folder in hidden)]


def _in_sight(*, masked: Collection[str], shown: Collection[str]) -> Iterator[str]:
    """Paths to mask so that the remaining visible sockets are hidden. Of two mounts around a
    socket the inner one decides whether it is visible."""
    for path in sockets_in_sight():
        if _inner_length(path, shown) >= _inner_length(path, masked):
            with suppress(FileNotFoundError, NotADirectoryError):  # its folder was removed
                yield barrier_before(path)


def _inner_length(path: str, folders: Collection[str]) -> int:
    return max((len(folder) for folder in folders if lies_in(path, folder)), default=0)


def _by_links(hidden: Collection[str], shown: Collection[str]) -> Iterator[str]:
    """The hidden paths again below each shown link: its target is mounted in its place."""
    for link in filter(os.path.islink, shown):
        real = os.path.realpath(link)
        for path in hidden:
            if lies_in(path, real):
                yield os.path.normpath(os.path.join(link, os.path.relpath(path, real)))
