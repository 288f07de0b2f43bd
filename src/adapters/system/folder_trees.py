"""Measures and removes trees of folders that agents have made, however deep or odd they are."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_PRIVATE = 0o700
_BLOCK_BYTES = 512


def size_of_tree(folder: Path) -> int:
    """Bytes that it takes on the disk; sparse files count with their blocks only.

    What cannot be read, or has a longer path than the system allows, is not counted.
    """
    total = 0
    folders = [os.fspath(folder)]
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                with suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * _BLOCK_BYTES
    return total


def remove_tree(folder: Path) -> None:
    """Links are removed, never followed; what cannot be removed stays. Never raises.

    Folders are moved up to the first level before they are emptied: so depth costs no recursion,
    no open descriptors and no long paths.
    """
    with suppress(OSError):
        with _opened(os.fspath(folder)) as top:
            while sum(_remove(name, top) for name in _emptied(top)):
                pass
        os.rmdir(folder)


def _remove(name: str, top: int) -> bool:
    """Whether it was removed; the folders that were in it have been moved beside it."""
    try:
        with _opened(name, within=top) as folder:
            for below in _emptied(folder):
                with _opened(below, within=folder):
                    os.rename(below, secrets.token_hex(12), src_dir_fd=folder, dst_dir_fd=top)
        os.rmdir(name, dir_fd=top)
    except OSError:
        return False
    return True


def _emptied(folder: int) -> list[str]:
    """Remove all but the folders in it, and return their names."""
    with os.scandir(folder) as entries:
        found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_folder in found:
        if not is_folder:
            with suppress(OSError):
                os.unlink(name, dir_fd=folder)
    return [name for name, is_folder in found if is_folder]


@contextmanager
def _opened(path: str, *, within: int | None = None) -> Iterator[int]:
    """Made writable: some programs make their folders read-only."""
    descriptor = os.open(path, _FOLDER, dir_fd=within)
    try:
        with suppress(OSError):
            os.fchmod(descriptor, _PRIVATE)
        yield descriptor
    finally:
        os.close(descriptor)
