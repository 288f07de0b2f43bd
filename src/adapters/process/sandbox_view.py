"""What one command sees of the machine from its sandbox."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress

from adapters.process.bubblewrap import SandboxPlan
from adapters.process.hidden_places import (
    barrier_before,
    hidden_paths,
    name_servers,
    private_folders,
    require_workspace,
    server_files,
    sockets_in_sight,
)
from adapters.process.sandbox_init import interpreter_paths
from adapters.process.shared_folders import (
    named_paths,
    program_paths,
    reachable_sockets,
    shared_folders,
    shown_in,
)
from domain.workspace_walls import lies_in
from ports.process import Command


class SandboxView:
    def __init__(
        self,
        *,
        hidden_folders: Sequence[str],
        secret_files: Sequence[str],
        environment: Mapping[str, str],
    ) -> None:
        """The folders are hidden but for sessions' own in them; the files with the folders that
        they are in, where a command can do without those."""
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
        """`has_sockets` says that nothing keeps it from making Unix sockets.

        Raises StartFailed where it may not work, and for a socket that is not there.
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
        """But for what lies in folders that are hidden anyway, such as those of sessions."""
        hidden = self._hidden_folders
        return [path for path in paths if not any(lies_in(path, folder) for folder in hidden)]


def _in_sight(*, masked: Collection[str], shown: Collection[str]) -> Iterator[str]:
    """What hides the sockets that no folder does: of two around one, the inner says whether it
    is seen."""
    for path in sockets_in_sight():
        if _inner_length(path, shown) >= _inner_length(path, masked):
            with suppress(FileNotFoundError, NotADirectoryError):  # it has gone with its folder
                yield barrier_before(path)


def _inner_length(path: str, folders: Collection[str]) -> int:
    return max((len(folder) for folder in folders if lies_in(path, folder)), default=0)


def _by_links(hidden: Collection[str], shown: Collection[str]) -> Iterator[str]:
    """What is hidden once more, by each link in whose place what it leads to is shown."""
    for link in filter(os.path.islink, shown):
        real = os.path.realpath(link)
        for path in hidden:
            if lies_in(path, real):
                yield os.path.normpath(os.path.join(link, os.path.relpath(path, real)))
