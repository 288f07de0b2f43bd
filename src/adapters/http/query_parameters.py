"""The query of the lists; an unknown name is an error, so that no filter is silently lost."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from adapters.http.checked_values import (
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
