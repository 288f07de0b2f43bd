"""Cursors that are too long to be sent, in memory."""

from collections import OrderedDict
from dataclasses import dataclass

from domain.principal import Principal
from ports.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    body: str
    expires_at: float


class MemoryCursorStore:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: OrderedDict[tuple[str, str, str], _Row] = OrderedDict()

    async def keep(self, principal: Principal, handle: str, body: str, *, for_s: float) -> None:
        name = (principal.tenant, principal.owner, handle)
        self._rows[name] = _Row(body=body, expires_at=self._clock.monotonic() + for_s)
        self._rows.move_to_end(name)
        self._delete_expired()

    async def find(self, principal: Principal, handle: str) -> str | None:
        row = self._rows.get((principal.tenant, principal.owner, handle))
        return row.body if row and row.expires_at > self._clock.monotonic() else None

    def _delete_expired(self) -> None:
        """The oldest rows expire first."""
        while self._rows:
            name, row = next(iter(self._rows.items()))
            if row.expires_at > self._clock.monotonic():
                return
            del self._rows[name]
