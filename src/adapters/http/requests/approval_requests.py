"""What clients send about approvals: the query of their list, and an answer."""

from typing import Annotated, NotRequired

from pydantic import ConfigDict, Field, with_config
from pydantic.json_schema import SkipJsonSchema
from typing_extensions import TypedDict

from adapters.http.requests.checked_values import CHOSEN_ID
from adapters.http.requests.query_parameters import PageQuery
from domain.approval import ApprovalStatus, Verdict

Reason = Annotated[
    str, Field(min_length=1, max_length=1000, description="Why; the agent may be told.")
]


class ApprovalListQuery(PageQuery):
    status: ApprovalStatus | SkipJsonSchema[None] = None
    task_id: Annotated[str, Field(pattern=CHOSEN_ID)] | SkipJsonSchema[None] = None


@with_config(ConfigDict(extra="forbid", strict=True))
class ApprovalBody(TypedDict):
    """The answer to what an agent asks; it is given once."""

    decision: Verdict
    reason: NotRequired[Reason]
