"""A HOME of its own for every process, so that no credential of the machine is read."""

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

from domain.ids import TaskId
from ports.process import Command


@asynccontextmanager
async def private_home(command: Command) -> AsyncIterator[str]:
    """A new empty folder, removed at the end; or the one that the command names itself."""
    if "HOME" in command.env:
        yield command.env["HOME"]
        return
    folder = tempfile.mkdtemp(prefix=_prefix(command.task_id))
    try:
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def remove_homes(tasks: Collection[TaskId]) -> None:
    """Remove what a dead server could not."""
    for task_id in tasks:
        for folder in Path(tempfile.gettempdir()).glob(_prefix(task_id) + "*"):
            if not folder.is_symlink() and folder.stat().st_uid == os.getuid():
                shutil.rmtree(folder, ignore_errors=True)


def _prefix(task_id: TaskId) -> str:
    return f"agentcast-home-{re.sub('[^A-Za-z0-9_-]', '_', task_id)[:64]}-"
