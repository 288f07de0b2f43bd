"""What a query may say; an unknown name is an error, so that no filter is silently lost."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema
from starlette.requests import Request

from adapters.http.problems.problem import field_problem
from adapters.http.requests.checked_values import (
    AgentText,
    Instant,
    PageSize,
    SearchText,
    SessionIdText,
)
from domain.task import TaskStatus

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
