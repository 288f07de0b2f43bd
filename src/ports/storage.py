"""The disk of the store: whether it has room, and whether the files are still the store's."""

from dataclasses import dataclass
from typing import Literal, Protocol

TroubleKind = Literal["storage_full", "store_lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageTrouble:
    kind: TroubleKind
    """`store_lost`: files of the store were removed or replaced; what is written may be gone."""
    message: str


class Storage(Protocol):
    """Keeps some space in reserve, for what must be written once the disk is full."""

    async def look(self, *, is_refused: bool = False) -> StorageTrouble | None:
        """What is wrong now, or None. Once there is room again, the reserve is restored.

        `is_refused`: a write found no room a moment ago, so that more free space is required.
        """

    async def spend_reserve(self) -> None:
        """Release the reserve for what is written next; no effect if it is spent."""
