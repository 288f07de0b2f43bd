"""Keeps paths of tools inside of the workspace, also against links that appear meanwhile."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from domain.errors import ToolError

_CAN_PIN = sys.platform == "linux"
_OPEN_FLAGS = os.O_PATH if sys.platform == "linux" else os.O_RDONLY
_FOLDER = _OPEN_FLAGS | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FOLDER_MODE = 0o777


def workspace_path(workspace: str, path: str) -> Path:
    """The path with all symbolic links followed. Raises ToolError if it leads outside."""
    if "\0" in path:
        raise ToolError("path: a path may not hold a NUL character")
    try:
        root = Path(workspace).resolve()
        resolved = (root / path).resolve()
    except (OSError, RuntimeError) as error:
        raise ToolError(f"path: {path!r} leads nowhere") from error
    if not resolved.is_relative_to(root):
        raise ToolError(f"path: {path!r} is outside the workspace")
    return resolved


def shown_path(workspace: str, path: Path) -> str:
    """The path relative to the workspace."""
    return path.relative_to(Path(workspace).resolve()).as_posix()


@contextmanager
def pinned_path(workspace: str, path: Path, *, create: bool = False) -> Iterator[Path]:
    """The path through a pinned parent folder; the file itself is not opened.

    `path` comes from `workspace_path`. A link that replaced one of its folders since raises
    OSError. `create`: missing folders are created.
    """
    root = Path(workspace).resolve()
    if path == root:
        yield root
        return
    with pinned_folder(workspace, path.parent, create=create) as folder:
        yield folder / path.name


@contextmanager
def pinned_folder(workspace: str, folder: Path, *, create: bool = False) -> Iterator[Path]:
    """A path to this very folder through a descriptor, even if its name changes meanwhile.

    Without /proc the folder is checked, but its name is returned.
    """
    fd = os.open(Path(workspace).resolve(), _FOLDER)
    try:
        for name in Path(shown_path(workspace, folder)).parts:
            if create:
                _make(name, within=fd)
            inner = os.open(name, _FOLDER, dir_fd=fd)
            os.close(fd)
            fd = inner
        yield Path(f"/proc/self/fd/{fd}") if _CAN_PIN else folder
    finally:
        os.close(fd)


def _make(name: str, *, within: int) -> None:
    try:
        os.mkdir(name, _NEW_FOLDER_MODE, dir_fd=within)
    except FileExistsError:
        return
