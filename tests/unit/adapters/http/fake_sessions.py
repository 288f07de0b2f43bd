"""Sessions kept in a dict."""

from collections.abc import Sequence
from dataclasses import replace

from application.serving.sessions import Sessions
from domain.errors import SessionExists, SessionNotFound
from domain.ids import SessionId, SessionKey
from domain.principal import Principal
from domain.session import Session
from ports.session_store import SessionEdit
from tests.fakes import CountingIdSource, FakeClock


class FakeSessions(Sessions):
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ids = CountingIdSource()
        self.sessions: dict[SessionId, Session] = {}

    async def create(
        self, principal: Principal, session_id: SessionId | None, edit: SessionEdit
    ) -> Session:
        chosen = session_id or self.ids.session_id()
        if chosen in self.sessions:
            raise SessionExists("a session with this id exists already")
        self.sessions[chosen] = Session(
            session_key=SessionKey(len(self.sessions) + 1),
            session_id=chosen,
            principal=principal,
            status="idle",
            created_at=self.clock.now(),
            updated_at=self.clock.now(),
            first_seq=1,
            last_seq=0,
            title=edit.title,
            metadata=edit.metadata,
        )
        return self.sessions[chosen]

    async def get(self, principal: Principal, session_id: SessionId) -> Session:
        if session_id not in self.sessions:
            raise SessionNotFound(f"no session {session_id}")
        return self.sessions[session_id]

    async def list(
        self, principal: Principal, *, limit: int, before: SessionId | None = None
    ) -> Sequence[Session]:
        ids = list(reversed(self.sessions))
        if before is not None:
            ids = ids[ids.index(before) + 1 :] if before in ids else []
        return [self.sessions[session_id] for session_id in ids[:limit]]

    async def edit(
        self, principal: Principal, session_id: SessionId, edit: SessionEdit
    ) -> Session:
        old = await self.get(principal, session_id)
        self.sessions[session_id] = replace(
            old,
            title=old.title if edit.title is None else edit.title,
            metadata=old.metadata if edit.metadata is None else edit.metadata,
        )
        return self.sessions[session_id]

    async def delete(self, principal: Principal, session_id: SessionId) -> None:
        await self.get(principal, session_id)
        del self.sessions[session_id]
