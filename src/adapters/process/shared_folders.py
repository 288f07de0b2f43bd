"""What a sandboxed command may write to, and read, outside of its workspace."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath

from adapters.process.hidden_places import OWN, is_socket
from domain.errors import StartFailed
from domain.workspace_walls import lies_in
from ports.process import Command


def shared_folders(command: Command, environment: Mapping[str, str]) -> Sequence[str]:
    """The real paths of what it may write to, as far as they exist."""
    named = (_named(one, environment) for one in command.shared_folders)
    real = (os.path.realpath(os.path.expanduser(path)) for path in named if path)
    return tuple(dict.fromkeys(path for path in real if os.path.isdir(path)))


def program_paths(
    command: Command, argv: Sequence[str], environment: Mapping[str, str]
) -> Sequence[str]:
    """Where its programs come from. Of its arguments only those that the profile says: a task
    may not widen what is seen."""
    paths = (argv[0], *environment["PATH"].split(os.pathsep), *command.shown_paths)
    return _existing(paths)


def named_paths(command: Command) -> Sequence[str]:
    """What the variables of its profile name."""
    return _existing(part for value in command.env.values() for part in value.split(os.pathsep))


def reachable_sockets(command: Command) -> Sequence[str]:
    """The real paths of those that it names. Raises StartFailed for one that is not there.

    `/tmp`, which is the sandbox's own, names those that its processes make for each other.
    """
    named = [os.path.realpath(path) for path in command.sockets if path.rstrip(os.sep) != OWN]
    for path in named:
        if not is_socket(path):
            raise StartFailed(f"there is no socket {path!r}, which its profile names")
    return named


def shown_in(place: str, paths: Iterable[str]) -> Iterator[str]:
    """What must be seen of a folder that is hidden for these: what is right below it, whole."""
    depth = len(PurePath(place).parts)
    for path in paths:
        parts = PurePath(path).parts
        if len(parts) > depth and lies_in(path, place):
            yield os.path.join(*parts[: depth + 1])


def _existing(paths: Iterable[str]) -> Sequence[str]:
    """Those that are absolute, and what they really are."""
    given = [path for path in paths if path.startswith(os.sep) and os.path.exists(path)]
    return tuple(dict.fromkeys((*given, *map(os.path.realpath, given))))


def _named(folder: str, environment: Mapping[str, str]) -> str:
    return environment.get(folder[1:], "") if folder.startswith("$") else folder
