"""Where cursors are kept that are too long for an id."""

from typing import Protocol

from domain.principal import Principal


class CursorStore(Protocol):
    """A handle is made from its body: keeping it again only prolongs it."""

    async def keep(self, principal: Principal, handle: str, body: str, *, for_s: float) -> None:
        """Durable when it returns; dropped `for_s` seconds later, by the store's clock.

        Raises LogUnavailable, StorageFull.
        """

    async def find(self, principal: Principal, handle: str) -> str | None:
        """None if it was never kept, is no longer kept, or is another owner's."""
