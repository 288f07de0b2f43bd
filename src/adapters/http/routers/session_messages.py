"""The route that gives the conversation of a session."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from adapters.http.answers.message import MessagePageAnswer, message_answer
from adapters.http.problems.problem import problems
from adapters.http.requests.caller import Caller
from adapters.http.requests.json_route import JsonRoute
from adapters.http.requests.parameters import PageQuery, dump_cursor, load_cursor, path_session_id
from application.recall.session_messages import MessagePlace, SessionMessages
from application.serving.sessions import Sessions
from domain.errors import InvalidCursor
from domain.principal import Principal

_PLACE = re.compile(r"(?:f([1-9][0-9]?)\.)?([0-9]{1,18})\.([0-9]{1,18})")


def session_messages_router(
    *, messages: SessionMessages, sessions: Sessions, caller: Caller
) -> APIRouter:
    router = APIRouter(route_class=JsonRoute, prefix="/sessions", tags=["sessions"])
    Asker = Annotated[Principal, Depends(caller)]

    @router.get("/{session_id}/messages", responses=problems())
    async def session_messages(
        session_id: str, query: Annotated[PageQuery, Query()], principal: Asker
    ) -> MessagePageAnswer:
        """What was asked and said in a session, with the tool calls, oldest first.

        Of a fork, what it has inherited comes first; `inherited_from` tells where it was said.
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
