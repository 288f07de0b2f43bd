"""Tools that an agent's profile adds to the built-in ones, such as those of MCP servers."""

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
        """The profile's tools for the duration of the task, with unique names.

        All it starts has ended when the context is left. Raises StartFailed, which names the
        source that cannot be used. If one is lost later, calls of its tools raise ToolError.
        """
