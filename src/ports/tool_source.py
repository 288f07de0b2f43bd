"""Tools that an agent's profile brings along, besides those that are always there."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from domain.agent_profile import AgentProfile
from domain.ids import TaskId
from ports.tool import Tool


class ToolSource(Protocol):
    def open(
        self, *, profile: AgentProfile, task_id: TaskId, workspace: str
    ) -> AbstractAsyncContextManager[Sequence[Tool]]:
        """The profile's own tools, for as long as the task runs; each name is there once.

        What it starts for them has ended when the context is left. Raises StartFailed, which
        names the source that could not be used. One that is lost later makes its tools' calls
        fail with ToolError; the task goes on.
        """
