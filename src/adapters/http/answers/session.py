"""A session as JSON; optional fields that have no value are left out."""

from typing import Annotated, NotRequired

from pydantic import Field, with_config
from typing_extensions import TypedDict

from adapters.http.answers.links import AnswerTime, session_path, tasks_path
from adapters.wire import timestamp
from domain.session import Session, SessionStatus
from domain.task import TaskStatus


class SessionLinks(TypedDict):
    self: str
    events: str
    tasks: str


@with_config(defer_build=True)
class SessionAnswer(TypedDict):
    """A conversation, and the scope of a stream and of an event order."""

    session_id: str
    title: NotRequired[str]
    created_at: AnswerTime
    updated_at: AnswerTime
    status: SessionStatus
    last_task_status: NotRequired[
        Annotated[TaskStatus, Field(description="Of the task that was submitted last.")]
    ]
    first_seq: int
    last_seq: int
    metadata: NotRequired[dict[str, object]]
    links: SessionLinks


@with_config(defer_build=True)
class SessionPage(TypedDict):
    items: list[SessionAnswer]
    next_cursor: NotRequired[str]


def session_answer(session: Session) -> SessionAnswer:
    answer = SessionAnswer(
        session_id=session.session_id,
        created_at=timestamp(session.created_at),
        updated_at=timestamp(session.updated_at),
        status=session.status,
        first_seq=session.first_seq,
        last_seq=session.last_seq,
        links=_links(session),
    )
    if session.last_task_status is not None:
        answer["last_task_status"] = session.last_task_status
    if session.title is not None:
        answer["title"] = session.title
    if session.metadata is not None:
        answer["metadata"] = dict(session.metadata)
    return answer


def _links(session: Session) -> SessionLinks:
    path = session_path(session.session_id)
    return SessionLinks(
        self=path,
        events=f"{path}/events",
        tasks=tasks_path(session_id=session.session_id),
    )
