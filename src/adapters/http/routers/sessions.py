"""Routes of sessions, of their conversations and of their forks."""

import re
from typing import Annotated, NotRequired

from fastapi import APIRouter, Body, Depends, Query, Response
from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from adapters.http.answers.links import session_path
from adapters.http.answers.message import MessagePageAnswer, message_answer
from adapters.http.answers.session import SessionAnswer, SessionPage, session_answer
from adapters.http.problems.problem import problems
from adapters.http.requests.bodies import NewSessionBody, SessionEditBody
from adapters.http.requests.caller import Caller
from adapters.http.requests.checked_values import SessionIdText, Title
from adapters.http.requests.json_route import JsonRoute
from adapters.http.requests.parameters import (
    PageQuery,
    cut_page,
    dump_cursor,
    load_cursor,
    path_session_id,
)
from application.recall.session_messages import MessagePlace, SessionMessages
from application.serving.sessions import SessionForks, Sessions
from domain.errors import InvalidCursor
from domain.ids import SessionId
from domain.principal import Principal
from ports.session_store import SessionEdit

_PLACE = re.compile(r"(?:f([1-9][0-9]?)\.)?([0-9]{1,18})\.([0-9]{1,18})")
"""A place in a conversation, as its cursor carries it: forks back, block, seq."""


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


def session_messages_router(
    *, messages: SessionMessages, sessions: Sessions, caller: Caller
) -> APIRouter:
    router = APIRouter(route_class=JsonRoute, prefix="/sessions", tags=["sessions"])
    Asker = Annotated[Principal, Depends(caller)]

    @router.get("/{session_id}/messages", responses=problems())
    async def session_messages(
        session_id: str, query: Annotated[PageQuery, Query()], principal: Asker
    ) -> MessagePageAnswer:
        """The messages of a session, with the tool calls, oldest first.

        Of a fork, what it has inherited comes first; `inherited_from` names the session it is from.
        """
        session = await sessions.get(principal, path_session_id(session_id))
        place = _place(query.cursor) if query.cursor else MessagePlace()
        page = await messages.page(session, after=place, limit=query.limit)
        answer = MessagePageAnswer(items=[message_answer(each) for each in page.messages])
        if (after := page.next_place) is not None:
            answer["next_cursor"] = dump_cursor(_cursor(after))
        return answer

    return router


def _cursor(place: MessagePlace) -> str:
    own = f"{place.block}.{place.seq}"
    return f"f{place.forks_back}.{own}" if place.forks_back else own


def _place(cursor: str) -> MessagePlace:
    if match := _PLACE.fullmatch(load_cursor(cursor)):
        forks_back, block, seq = int(match[1] or 0), int(match[2]), int(match[3])
        if block < seq:
            return MessagePlace(block=block, seq=seq, forks_back=forks_back)
    raise InvalidCursor("cursor", "the cursor should be the next_cursor of the page before")


@with_config(ConfigDict(extra="forbid", strict=True))
class ForkBody(TypedDict):
    """Where to fork, and what the new session is called."""

    after: NotRequired[
        Annotated[str, Field(description="The id of the last event to remember, as it came.")]
    ]
    at_seq: NotRequired[
        Annotated[int, Field(ge=1, le=2**63 - 1, description="The same by its seq alone.")]
    ]
    session_id: NotRequired[SessionIdText]
    title: NotRequired[Title]


_AS_USUAL = ForkBody()


def session_forks_router(*, forks: SessionForks, caller: Caller) -> APIRouter:
    router = APIRouter(route_class=JsonRoute, prefix="/sessions", tags=["sessions"])
    Asker = Annotated[Principal, Depends(caller)]

    @router.post(
        "/{session_id}/fork", status_code=201, responses=problems(409, 507, has_body=True)
    )
    async def fork_session(
        session_id: str,
        response: Response,
        principal: Asker,
        body: Annotated[ForkBody, Body()] = _AS_USUAL,
    ) -> SessionAnswer:
        """Make a session whose `react` agent remembers this one up to an event, or all of it."""
        session = await forks.fork(
            principal,
            path_session_id(session_id),
            at_seq=body.get("at_seq"),
            after=body.get("after"),
            new_id=SessionId(body["session_id"]) if "session_id" in body else None,
            title=body.get("title"),
        )
        response.headers["Location"] = session_path(session.session_id)
        return session_answer(session)

    return router
