"""A HOME of its own for every process, so that no credential of the machine is read."""

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from pathlib import Path, PurePosixPath

from domain.errors import StartFailed
from domain.ids import TaskId
from ports.process import Command


@asynccontextmanager
async def private_home(command: Command) -> AsyncIterator[str]:
    """A new folder, removed at the end; or the one that the command names.

    Raises StartFailed when the files of the command cannot be put there.
    """
    if "HOME" in command.env:
        yield command.env["HOME"]
        return
    if command.home is not None:
        _put(command.home_files, Path(command.home))
        yield command.home
        return
    folder = tempfile.mkdtemp(prefix=_prefix(command.task_id))
    try:
        _put(command.home_files, Path(folder))
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def remove_homes(tasks: Collection[TaskId]) -> None:
    """Remove what a dead server could not."""
    for task_id in tasks:
        for folder in Path(tempfile.gettempdir()).glob(_prefix(task_id) + "*"):
            if not folder.is_symlink() and folder.stat().st_uid == os.getuid():
                shutil.rmtree(folder, ignore_errors=True)


def _put(files: Mapping[str, str], home: Path) -> None:
    for name, text in files.items():
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not path.parts:
            raise StartFailed(f"{name!r} is no path inside of the home folder")
        try:
            (home / path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            (home / path).write_text(text, encoding="utf-8")
            (home / path).chmod(0o600)
        except (OSError, ValueError) as error:
            raise StartFailed(f"cannot write {name!r} into the home folder: {error}") from error


def _prefix(task_id: TaskId) -> str:
    return f"agentcast-home-{re.sub('[^A-Za-z0-9_-]', '_', task_id)[:64]}-"
