"""Sessions by their owner's ids for them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.ids import SessionId, SessionKey
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
    cancelled: int
    """How many of its tasks were queued, and were cancelled with it."""


class SessionStore(Protocol):
    """A deleted session, and one of another owner, is unknown: SessionNotFound."""

    async def create(
        self, principal: Principal, session_id: SessionId, edit: SessionEdit
    ) -> Session:
        """Raises SessionExists."""

    async def get(self, principal: Principal, session_id: SessionId) -> Session:
        """Raises SessionNotFound."""

    async def find_key(self, principal: Principal, session_id: SessionId) -> SessionKey | None:
        """None for an unknown session."""

    async def find_keys(
        self, principal: Principal, session_ids: Collection[SessionId]
    ) -> Mapping[SessionId, SessionKey]:
        """The keys of these sessions; unknown ones are left out."""

    async def owned(
        self, principal: Principal, keys: Collection[SessionKey]
    ) -> Collection[SessionKey]:
        """Those of the keys whose sessions belong to this principal."""

    async def list(
        self, principal: Principal, *, limit: int, before: SessionId | None = None
    ) -> Sequence[Session]:
        """Newest first, those made before `before`; for an unknown `before`, none."""

    async def edit(
        self, principal: Principal, session_id: SessionId, edit: SessionEdit
    ) -> Session:
        """Raises SessionNotFound."""

    async def delete(self, principal: Principal, session_id: SessionId) -> DeletedSession:
        """Hide the session at once; its id may be used for a new one.

        Its queued tasks are cancelled; for its live ones a cancel with the reason
        `session_deleted` is requested. Raises SessionNotFound.
        """

    async def purge(self) -> int:
        """Remove what is left of deleted sessions without live tasks; returns how many."""
