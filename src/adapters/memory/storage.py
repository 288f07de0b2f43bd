"""Storage that has room as long as the process has."""

from ports.storage import StorageTrouble


class MemoryStorage:
    async def look(self, *, is_refused: bool = False) -> StorageTrouble | None:
        return None

    async def spend_reserve(self) -> None:
        """There is none: what is in memory needs no room on a disk."""
