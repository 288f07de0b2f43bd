"""Sizes and removal of session workspaces."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from ports.event_retention import SessionName


class WorkspaceRetention(Protocol):
    """Only folders created for a session; those named by a task or setting are never touched."""

    async def size(self) -> int:
        """Bytes of all of them."""

    async def sessions(self) -> Sequence[SessionName]:
        """Sessions with a folder, the longest unchanged first."""

    async def remove(
        self, session: SessionName, *, is_unused: Callable[[], Awaitable[bool]]
    ) -> int:
        """Remove the session's folder, if any; returns the bytes freed.

        It is renamed first, and renamed back if `is_unused` is then false.
        """
