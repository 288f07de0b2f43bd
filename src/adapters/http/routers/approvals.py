"""Routes of what agents ask to be allowed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from adapters.http.answers.approval import ApprovalAnswer, ApprovalPage, approval_answer
from adapters.http.problems.problem import problems
from adapters.http.requests.bodies import ApprovalBody
from adapters.http.requests.caller import Caller
from adapters.http.requests.json_route import JsonRoute
from adapters.http.requests.parameters import (
    ApprovalListQuery,
    cut_page,
    dump_cursor,
    load_cursor,
    path_approval_id,
)
from application.asking.approvals import Approvals
from domain.ids import ApprovalId, TaskId
from domain.principal import Principal
from ports.approval_store import ApprovalQuery


def approvals_router(*, approvals: Approvals, caller: Caller) -> APIRouter:
    router = APIRouter(route_class=JsonRoute, prefix="/approvals", tags=["approvals"])
    Asker = Annotated[Principal, Depends(caller)]

    @router.get("", responses=problems())
    async def list_approvals(
        query: Annotated[ApprovalListQuery, Query()], principal: Asker
    ) -> ApprovalPage:
        """Newest first; `status=pending` are those that wait for an answer."""
        found = await approvals.list(principal, _approval_query(query))
        page, last = cut_page(found, query.limit)
        answer = ApprovalPage(items=[approval_answer(approval) for approval in page])
        if last is not None:
            answer["next_cursor"] = dump_cursor(last.approval_id)
        return answer

    @router.get("/{approval_id}", responses=problems())
    async def get_approval(approval_id: str, principal: Asker) -> ApprovalAnswer:
        return approval_answer(await approvals.get(principal, path_approval_id(approval_id)))

    @router.post("/{approval_id}", responses=problems(409, 410, 507, has_body=True))
    async def decide_approval(
        approval_id: str, body: ApprovalBody, principal: Asker
    ) -> ApprovalAnswer:
        """Let the agent do what it asks for, or not; the first answer counts."""
        decided = await approvals.decide(
            principal, path_approval_id(approval_id), body["decision"], reason=body.get("reason")
        )
        return approval_answer(decided)

    return router


def _approval_query(query: ApprovalListQuery) -> ApprovalQuery:
    return ApprovalQuery(
        status=query.status,
        task_id=TaskId(query.task_id) if query.task_id else None,
        limit=query.limit + 1,
        before=ApprovalId(load_cursor(query.cursor)) if query.cursor else None,
    )
