"""A scope whose cursor may outgrow an id: what it builds upon is kept before it is needed."""

from collections.abc import Sequence

from application.cursors.cursor_writer import CursorWriter
from application.watching.log_reader import Passed, Strand
from application.watching.stream_steps import EndReason
from application.watching.subscription import Place, Scope
from application.watching.tails import TailEvent, Wake


class SettledScope:
    """While there is something to keep, it has nothing to read and needs a look."""

    def __init__(self, scope: Scope, cursors: CursorWriter) -> None:
        self._scope = scope
        self._cursors = cursors

    @property
    def has_plain_ids(self) -> bool:
        return self._scope.has_plain_ids

    @property
    def needs_look(self) -> bool:
        return self._scope.needs_look or self._is_due()

    @property
    def ending(self) -> EndReason | None:
        return self._scope.ending

    @property
    def last_seq(self) -> int | None:
        return self._scope.last_seq

    @property
    def place(self) -> Place | None:
        return self._scope.place

    def fork(self, wake: Wake) -> Scope:
        return self._scope.fork(wake)

    def refresh(self) -> None:
        self._scope.refresh()

    async def look(self) -> None:
        if self._scope.needs_look:
            await self._scope.look()
        await self.settle()

    async def settle(self) -> None:
        if self._is_due():
            await self._cursors.settle()

    def strands(self) -> Sequence[Strand]:
        return () if self._is_due() else self._scope.strands()

    def has_passed(self, strand: Strand, passed: Passed) -> None:
        self._scope.has_passed(strand, passed)

    def cursor(self) -> str:
        return self._scope.cursor()

    def cursor_at(self, strand: Strand, event: TailEvent) -> str:
        return self._scope.cursor_at(strand, event)

    def close(self) -> None:
        self._scope.close()

    def _is_due(self) -> bool:
        """By the positions as they are now, which may have moved without an event to send."""
        self._scope.cursor()
        return self._cursors.is_due
