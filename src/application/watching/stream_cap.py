"""Bounds how many streams are open, in all and for each principal that logged in."""

from collections import Counter
from dataclasses import dataclass, field

from domain.errors import LimitReached
from domain.principal import Principal

PER_PRINCIPAL = 20
_RETRY_AFTER_S = 5

_Owner = tuple[str, str]


class StreamCap:
    """Only streams count: at the cap, every other request is still answered."""

    def __init__(self, *, most: int, most_each: int = PER_PRINCIPAL) -> None:
        self._most = most
        self._most_each = most_each
        self._open = 0
        self._open_each: Counter[_Owner] = Counter()

    @property
    def open(self) -> int:
        return self._open

    def admit(self, principal: Principal) -> "Admission":
        """A place for one stream, which the caller must release. Raises LimitReached."""
        owner = (principal.tenant, principal.owner)
        if self._open >= self._most:
            raise _full(f"This server has {self._most} streams open and takes no more.")
        if not principal.is_local and self._open_each[owner] >= self._most_each:
            raise _full(f"You have {self._most_each} streams open; close one first.")
        self._open += 1
        self._open_each[owner] += 1
        return Admission(self, owner)

    def take_back(self, owner: _Owner) -> None:
        self._open -= 1
        self._open_each[owner] -= 1
        if not self._open_each[owner]:
            del self._open_each[owner]


@dataclass(slots=True, eq=False)
class Admission:
    """One place under the cap; releasing it twice does no harm."""

    _cap: StreamCap
    _owner: _Owner
    _is_held: bool = field(default=True, init=False)

    def release(self) -> None:
        if self._is_held:
            self._is_held = False
            self._cap.take_back(self._owner)


def _full(message: str) -> LimitReached:
    return LimitReached(message, retry_after_s=_RETRY_AFTER_S)
