"""Sessions by their owner's ids for them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.ids import SessionId, SessionKey, TaskId
from domain.principal import Principal
from domain.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEdit:
    """None leaves a field as it is."""

    title: str | None = None
    metadata: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedSession:
    session_key: SessionKey
    live_tasks: Sequence[TaskId]
    """Tasks whose runs have to be stopped."""
    cancelled: int
    """How many of its tasks were queued, and were cancelled with it."""


class SessionStore(Protocol):
    """Another owner's session is SessionNotFound; so is a deleted one."""

    async def create(
        self, principal: Principal, session_id: SessionId, edit: SessionEdit
    ) -> Session:
        """Raises SessionExists."""

    async def get(self, principal: Principal, session_id: SessionId) -> Session:
        """Raises SessionNotFound."""

    async def find_key(self, principal: Principal, session_id: SessionId) -> SessionKey | None:
        """None while there is no such session."""

    async def find_keys(
        self, principal: Principal, session_ids: Collection[SessionId]
    ) -> Mapping[SessionId, SessionKey]:
        """The keys of those that exist."""

    async def owned(
        self, principal: Principal, keys: Collection[SessionKey]
    ) -> Collection[SessionKey]:
        """Those of the keys that are sessions of this principal."""

    async def list(
        self, principal: Principal, *, limit: int, before: SessionId | None = None
    ) -> Sequence[Session]:
        """Newest first; an unknown `before` gives none."""

    async def edit(
        self, principal: Principal, session_id: SessionId, edit: SessionEdit
    ) -> Session:
        """Raises SessionNotFound."""

    async def delete(self, principal: Principal, session_id: SessionId) -> DeletedSession:
        """Hide the session from now on; its id may be used again for a new one.

        Its queued tasks are cancelled, its live ones get the intent `session_deleted`.
        Raises SessionNotFound.
        """

    async def purge(self) -> int:
        """Remove what is left of deleted sessions without live tasks; returns how many."""
