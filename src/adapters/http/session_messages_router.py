"""The route that gives the conversation of a session."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from adapters.http.caller import Caller
from adapters.http.json_route import JsonRoute
from adapters.http.message_answer import MessagePageAnswer, message_answer
from adapters.http.page_cursor import dump_cursor, load_cursor
from adapters.http.path_ids import path_session_id
from adapters.http.problem_schema import problems
from adapters.http.query_parameters import PageQuery
from application.session_messages import MessagePlace, SessionMessages
from application.sessions import Sessions
from domain.errors import InvalidCursor
from domain.principal import Principal


def session_messages_router(
    *, messages: SessionMessages, sessions: Sessions, caller: Caller
) -> APIRouter:
    router = APIRouter(route_class=JsonRoute, prefix="/sessions", tags=["sessions"])
    Asker = Annotated[Principal, Depends(caller)]

    @router.get("/{session_id}/messages", responses=problems())
    async def session_messages(
        session_id: str, query: Annotated[PageQuery, Query()], principal: Asker
    ) -> MessagePageAnswer:
        """What was asked and said in a session, with the tool calls, oldest first."""
        session = await sessions.get(principal, path_session_id(session_id))
        place = _place(query.cursor) if query.cursor else MessagePlace()
        page = await messages.page(session.session_key, after=place, limit=query.limit)
        answer = MessagePageAnswer(items=[message_answer(each) for each in page.messages])
        if (after := page.next_place) is not None:
            answer["next_cursor"] = dump_cursor(f"{after.block}.{after.seq}")
        return answer

    return router


def _place(cursor: str) -> MessagePlace:
    block, _, seq = load_cursor(cursor).partition(".")
    if not (_is_seq(block) and _is_seq(seq) and int(block) < int(seq)):
        raise InvalidCursor("cursor", "the cursor should be the next_cursor of the page before")
    return MessagePlace(block=int(block), seq=int(seq))


def _is_seq(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
