"""The disk that the server keeps its things on: whether it has room, and is still the same one."""

from dataclasses import dataclass
from typing import Literal, Protocol

TroubleKind = Literal["storage_full", "store_lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageTrouble:
    kind: TroubleKind
    """`store_lost`: files of the store were removed or replaced; what is written may be gone."""
    message: str


class Storage(Protocol):
    """Some room is held in reserve, for what must be written when there is no other left."""

    async def look(self, *, is_refused: bool = False) -> StorageTrouble | None:
        """What is wrong now. When room has come back, the reserve is made up again.

        `is_refused`: a write found no room a moment ago, so that it takes more to be well.
        """

    async def spend_reserve(self) -> None:
        """Give the reserve up for what is written next; without effect when it is spent."""
