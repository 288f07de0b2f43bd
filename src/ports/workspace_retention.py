"""The end of folders that were made for sessions."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from ports.event_retention import SessionName


class WorkspaceRetention(Protocol):
    """Only what was made for a session; a folder that a task or a setting names is not touched."""

    async def size(self) -> int:
        """How many bytes all of them take."""

    async def sessions(self) -> Sequence[SessionName]:
        """Those that have a folder; whose folder has gone unchanged longest comes first."""

    async def remove(
        self, session: SessionName, *, is_unused: Callable[[], Awaitable[bool]]
    ) -> int:
        """Remove the session's folder, if it has one; how many bytes went.

        It is set aside first, and put back if it is in use by then.
        """
