"""Sessions for their owners: made, read, changed, deleted."""

from collections.abc import Sequence

from application.casting.commit_notifier import CommitNotifier
from application.running.worker import Worker
from domain.ids import SessionId
from domain.principal import Principal
from domain.session import Session
from ports.id_source import IdSource
from ports.session_store import SessionEdit, SessionStore


class Sessions:
    def __init__(
        self,
        *,
        store: SessionStore,
        worker: Worker,
        notifier: CommitNotifier,
        ids: IdSource,
    ) -> None:
        self._store = store
        self._worker = worker
        self._notifier = notifier
        self._ids = ids

    async def create(
        self, principal: Principal, session_id: SessionId | None, edit: SessionEdit
    ) -> Session:
        """Raises StorageFull, LogUnavailable, SessionExists; without an id a new one is made."""
        self._worker.storage.check()
        session = await self._store.create(principal, session_id or self._ids.session_id(), edit)
        self._notifier.session_created(principal, session.session_id, session.session_key)
        return session

    async def get(self, principal: Principal, session_id: SessionId) -> Session:
        return await self._store.get(principal, session_id)

    async def list(
        self, principal: Principal, *, limit: int, before: SessionId | None = None
    ) -> Sequence[Session]:
        return await self._store.list(principal, limit=limit, before=before)

    async def edit(
        self, principal: Principal, session_id: SessionId, edit: SessionEdit
    ) -> Session:
        return await self._store.edit(principal, session_id, edit)

    async def delete(self, principal: Principal, session_id: SessionId) -> None:
        """Cancel its tasks, end its streams, hide it at once; what it held is purged later."""
        deleted = await self._worker.storage.last_word(
            lambda: self._store.delete(principal, session_id)
        )
        self._worker.session_deleted(deleted)
        self._notifier.session_deleted(deleted)
