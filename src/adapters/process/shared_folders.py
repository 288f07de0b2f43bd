"""What a sandboxed command may write to, and read, outside of its workspace."""

import os
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from ports.process import Command

_OWN = "/tmp"  # the sandbox has one of its own, which hides the machine's


def shared_folders(command: Command, environment: Mapping[str, str]) -> Sequence[str]:
    """The real paths of what it may write to, as far as they exist."""
    named = (_named(one, environment) for one in command.shared_folders)
    real = (os.path.realpath(os.path.expanduser(path)) for path in named if path)
    return tuple(dict.fromkeys(path for path in real if os.path.isdir(path)))


def shown_in_tmp(
    command: Command, argv: Sequence[str], environment: Mapping[str, str]
) -> Sequence[str]:
    """What must be seen of the machine's /tmp: where its programs come from, whole."""
    paths = (argv[0], *environment["PATH"].split(os.pathsep), *command.shown_paths)
    real = [os.path.realpath(path) for path in paths if path.startswith(os.sep)]
    tops = (PurePath(path).parts[:3] for path in (*paths, *real) if path.startswith(_OWN + os.sep))
    shown = (os.path.join(*parts) for parts in tops if len(parts) > len(PurePath(_OWN).parts))
    return tuple(dict.fromkeys(path for path in shown if os.path.exists(path)))


def _named(folder: str, environment: Mapping[str, str]) -> str:
    return environment.get(folder[1:], "") if folder.startswith("$") else folder
