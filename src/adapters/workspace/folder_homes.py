"""A HOME for each agent in each session, kept for its next task there."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from adapters.workspace.session_folder import folder_name, made_session_folder
from domain.agent_profile import AgentProfile
from domain.errors import StartFailed
from domain.task import Task


class FolderHomes:
    """A note beside the home records that it is set up; an agent in a sandbox cannot reach it."""

    def __init__(self, *, root: Path) -> None:
        self._root = root

    async def folder(self, task: Task, profile: AgentProfile) -> str:
        return await asyncio.to_thread(self._made, task, profile)

    async def is_set_up(self, task: Task, profile: AgentProfile) -> bool:
        return await asyncio.to_thread(self._is_noted, task, profile)

    async def note_set_up(self, task: Task, profile: AgentProfile) -> None:
        await asyncio.to_thread(self._note, task, profile)

    def _made(self, task: Task, profile: AgentProfile) -> str:
        with _failing_start():
            folder = made_session_folder(self._root, task, folder_name(profile.name))
        return str(folder.absolute())

    def _is_noted(self, task: Task, profile: AgentProfile) -> bool:
        with _failing_start():
            note = self._note_of(task, profile)
            return note.is_file() and note.read_text() == _digest(profile)

    def _note(self, task: Task, profile: AgentProfile) -> None:
        with _failing_start():
            self._note_of(task, profile).write_text(_digest(profile))

    def _note_of(self, task: Task, profile: AgentProfile) -> Path:
        # No home can have this name: `folder_name` gives none with a leading dot.
        return made_session_folder(self._root, task) / f".{folder_name(profile.name)}.setup"


@contextmanager
def _failing_start() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StartFailed(f"cannot keep a home for the agent: {error.strerror}") from error


def _digest(profile: AgentProfile) -> str:
    """Not the command itself, which may contain a key."""
    return sha256(json.dumps(profile.setup_argv).encode()).hexdigest()
