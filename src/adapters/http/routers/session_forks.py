"""The route that forks a session at an event."""

from typing import Annotated, NotRequired

from fastapi import APIRouter, Body, Depends, Response
from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from adapters.http.answers.links import session_path
from adapters.http.answers.session import SessionAnswer, session_answer
from adapters.http.problems.problem import problems
from adapters.http.requests.caller import Caller
from adapters.http.requests.checked_values import SessionIdText, Title
from adapters.http.requests.json_route import JsonRoute
from adapters.http.requests.parameters import path_session_id
from application.serving.sessions import SessionForks
from domain.ids import SessionId
from domain.principal import Principal


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
