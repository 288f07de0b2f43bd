"""Cursors that are too long to be sent, kept for those who hold a handle to them."""

from typing import Protocol

from domain.principal import Principal


class CursorStore(Protocol):
    """What is kept under a handle never changes, so keeping it again only prolongs it."""

    async def keep(self, principal: Principal, handle: str, body: str, *, for_s: float) -> None:
        """Durable when it returns, and dropped that long after by the store's clock.

        Raises LogUnavailable, StorageFull.
        """

    async def find(self, principal: Principal, handle: str) -> str | None:
        """None for what was never kept, is no longer kept, or is another owner's."""
