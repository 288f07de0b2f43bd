"""Holds the folder of a path, so that no link that is put there meanwhile leads elsewhere."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.tools.workspace_path import shown_path

_CAN_HOLD = sys.platform == "linux"
_HELD = os.O_PATH if sys.platform == "linux" else os.O_RDONLY
_FOLDER = _HELD | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FOLDER_MODE = 0o777


@contextmanager
def pinned_path(workspace: str, path: Path, *, is_made: bool = False) -> Iterator[Path]:
    """The same file by way of its folder, which is held; what the file itself is, is not looked at.

    The path is one that workspace_path gave. A link on the way to it, which a command may have put
    there since, is an OSError. `is_made`: missing folders are made.
    """
    root = Path(workspace).resolve()
    if path == root:
        yield root
        return
    with pinned_folder(workspace, path.parent, is_made=is_made) as folder:
        yield folder / path.name


@contextmanager
def pinned_folder(workspace: str, folder: Path, *, is_made: bool = False) -> Iterator[Path]:
    """A path to that very folder of the workspace, whatever becomes of its name.

    Where there is no /proc the folder is looked at, but only its name can be given.
    """
    fd = os.open(Path(workspace).resolve(), _FOLDER)
    try:
        for name in Path(shown_path(workspace, folder)).parts:
            if is_made:
                _make(name, within=fd)
            inner = os.open(name, _FOLDER, dir_fd=fd)
            os.close(fd)
            fd = inner
        yield Path(f"/proc/self/fd/{fd}") if _CAN_HOLD else folder
    finally:
        os.close(fd)


def _make(name: str, *, within: int) -> None:
    try:
        os.mkdir(name, _NEW_FOLDER_MODE, dir_fd=within)
    except FileExistsError:
        return
