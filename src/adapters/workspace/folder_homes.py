"""Gives each agent a HOME in each session, which its next task there finds again."""

import asyncio
from pathlib import Path

from adapters.workspace.folder_name import folder_name
from adapters.workspace.session_folder import made_session_folder
from domain.agent_profile import AgentProfile
from domain.errors import StartFailed
from domain.task import Task


class FolderHomes:
    def __init__(self, *, root: Path) -> None:
        self._root = root

    async def folder(self, task: Task, profile: AgentProfile) -> str:
        return await asyncio.to_thread(self._made, task, profile)

    def _made(self, task: Task, profile: AgentProfile) -> str:
        try:
            folder = made_session_folder(self._root, task, folder_name(profile.name))
        except OSError as error:
            raise StartFailed(f"cannot keep a home for the agent: {error.strerror}") from error
        return str(folder.absolute())
