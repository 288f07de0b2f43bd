"""Routes of sessions."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from adapters.http.answers.links import session_path
from adapters.http.answers.session import SessionAnswer, SessionPage, session_answer
from adapters.http.problems.problem import problems
from adapters.http.requests.bodies import NewSessionBody, SessionEditBody
from adapters.http.requests.caller import Caller
from adapters.http.requests.json_route import JsonRoute
from adapters.http.requests.parameters import (
    PageQuery,
    cut_page,
    dump_cursor,
    load_cursor,
    path_session_id,
)
from application.serving.sessions import Sessions
from domain.ids import SessionId
from domain.principal import Principal
from ports.session_store import SessionEdit


def sessions_router(*, sessions: Sessions, caller: Caller) -> APIRouter:
    router = APIRouter(route_class=JsonRoute, prefix="/sessions", tags=["sessions"])
    Asker = Annotated[Principal, Depends(caller)]

    @router.get("", responses=problems())
    async def list_sessions(query: Annotated[PageQuery, Query()], principal: Asker) -> SessionPage:
        """Newest first."""
        before = SessionId(load_cursor(query.cursor)) if query.cursor else None
        found = await sessions.list(principal, limit=query.limit + 1, before=before)
        page, last = cut_page(found, query.limit)
        answer = SessionPage(items=[session_answer(session) for session in page])
        if last is not None:
            answer["next_cursor"] = dump_cursor(last.session_id)
        return answer

    @router.post("", status_code=201, responses=problems(409, 507, has_body=True))
    async def create_session(
        body: NewSessionBody, principal: Asker, response: Response
    ) -> SessionAnswer:
        """Make a session; a task that names one which does not exist makes it too."""
        chosen = SessionId(body["session_id"]) if "session_id" in body else None
        session = await sessions.create(principal, chosen, _edit(body))
        response.headers["Location"] = session_path(session.session_id)
        return session_answer(session)

    @router.get("/{session_id}", responses=problems())
    async def get_session(session_id: str, principal: Asker) -> SessionAnswer:
        return session_answer(await sessions.get(principal, path_session_id(session_id)))

    @router.patch("/{session_id}", responses=problems(507, has_body=True))
    async def edit_session(
        session_id: str, body: SessionEditBody, principal: Asker
    ) -> SessionAnswer:
        chosen = path_session_id(session_id)
        return session_answer(await sessions.edit(principal, chosen, _edit(body)))

    @router.delete("/{session_id}", status_code=204, responses=problems())
    async def delete_session(session_id: str, principal: Asker) -> None:
        """Cancel its tasks, end its streams, and forget it."""
        await sessions.delete(principal, path_session_id(session_id))

    return router


def _edit(body: NewSessionBody | SessionEditBody) -> SessionEdit:
    return SessionEdit(title=body.get("title"), metadata=body.get("metadata"))
