"""Ids in paths, queries of lists, and cursors of pages; an unknown name is refused, not ignored."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema
from starlette.requests import Request

from adapters.http.problems.problem import field_problem
from adapters.http.requests.checked_values import (
    CHOSEN_ID,
    AgentText,
    Instant,
    PageSize,
    SearchText,
    SessionIdText,
)
from domain.approval import ApprovalStatus
from domain.errors import (
    AgentNotFound,
    ApprovalNotFound,
    InvalidCursor,
    SessionNotFound,
    TaskNotFound,
)
from domain.ids import AgentName, ApprovalId, SessionId, TaskId, is_chosen_id
from domain.task import TaskStatus


def path_task_id(task_id: str) -> TaskId:
    """An id that nobody can have is as unknown as any other."""
    if not is_chosen_id(task_id):
        raise TaskNotFound
    return TaskId(task_id)


def path_session_id(session_id: str) -> SessionId:
    if not is_chosen_id(session_id):
        raise SessionNotFound
    return SessionId(session_id)


def path_agent_name(name: str) -> AgentName:
    if not is_chosen_id(name):
        raise AgentNotFound
    return AgentName(name)


def path_approval_id(approval_id: str) -> ApprovalId:
    if not is_chosen_id(approval_id):
        raise ApprovalNotFound
    return ApprovalId(approval_id)


_ANY_STATUS = "|".join(TaskStatus)

Statuses = Annotated[
    str,
    Field(
        description="One or more, separated by commas.",
        pattern=f"^({_ANY_STATUS})(,({_ANY_STATUS}))*$",
    ),
]
Cursor = Annotated[
    str,
    Field(min_length=1, max_length=200, description="`next_cursor` of the page before this one."),
]


class PageQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: PageSize = 50
    cursor: Cursor | SkipJsonSchema[None] = None


class TaskListQuery(PageQuery):
    session_id: SessionIdText | SkipJsonSchema[None] = None
    status: Statuses | SkipJsonSchema[None] = None
    agent: AgentText | SkipJsonSchema[None] = None
    since: Instant | SkipJsonSchema[None] = None
    until: Instant | SkipJsonSchema[None] = None
    q: (
        Annotated[SearchText, Field(description="Occurs in the task's text.")]
        | SkipJsonSchema[None]
    ) = None

    @property
    def statuses(self) -> frozenset[TaskStatus]:
        return frozenset(map(TaskStatus, self.status.split(","))) if self.status else frozenset()


class ApprovalListQuery(PageQuery):
    status: ApprovalStatus | SkipJsonSchema[None] = None
    task_id: Annotated[str, Field(pattern=CHOSEN_ID)] | SkipJsonSchema[None] = None


def require_no_query(request: Request) -> None:
    """For a route without a model of its query, which would refuse an unknown name itself.

    Raises Problem for the first name.
    """
    for name in request.query_params:
        raise field_problem(
            status=400,
            code="invalid_parameter",
            field=name,
            message="there is no such field here",
        )


Item = TypeVar("Item")


def dump_cursor(last_id: str) -> str:
    """Where a page of a list ends; opaque, so that lists may come to be ordered otherwise."""
    return base64.urlsafe_b64encode(last_id.encode()).decode().rstrip("=")


def load_cursor(cursor: str) -> str:
    """Raises InvalidCursor for what `dump_cursor` cannot have made."""
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        last_id = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise _invalid() from error
    if not is_chosen_id(last_id):
        raise _invalid()
    return last_id


def cut_page(items: Sequence[Item], limit: int) -> tuple[Sequence[Item], Item | None]:
    """The page, and its last item if others follow; given one item more than the page holds."""
    page = items[:limit]
    return page, page[-1] if len(items) > limit else None


def _invalid() -> InvalidCursor:
    return InvalidCursor("cursor", "the cursor should be the next_cursor of the page before")
