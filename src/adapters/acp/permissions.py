"""Decides permission requests of an agent by its rules or by a person."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from adapters.acp.approval_rules import ApprovalRules
from adapters.acp.messages import JsonObject, ProtocolError, json_list, json_object
from adapters.acp.session_updates import SessionUpdates
from domain.approval import ApprovalDecision, ApprovalRequest
from ports.runner import RunContext

_CANCELLED: JsonObject = {"outcome": {"outcome": "cancelled"}}
# Once, if the agent offers that; `always` only if it offers nothing else.
_YES = ("allow_once", "allow_always")
_NO = ("reject_once", "reject_always")


class Permissions:
    def __init__(
        self, context: RunContext, *, updates: SessionUpdates, rules: ApprovalRules
    ) -> None:
        self._context = context
        self._updates = updates
        self._rules = rules
        self._open: set[asyncio.Future[ApprovalDecision]] = set()
        self._is_over = False

    async def answer(self, params: object) -> JsonObject:
        """Answer a permission request; waits for a person if the rules want one."""
        asked = json_object(params)
        question = self._updates.question(asked)
        kind = self._updates.kind_of(question.call_id)
        mode = self._rules.mode(question.tool_name, kind)
        decision = await self._decision(replace(question, mode=mode))
        if decision is None:
            return _CANCELLED
        if decision.is_approved:
            self._updates.allow(question.call_id, question.arguments)
        else:
            self._updates.deny(question.call_id)
        wanted = _YES if decision.is_approved else _NO
        return _selected(json_list(asked.get("options")), wanted)

    async def require(
        self, method: str, arguments: JsonObject, *, kind: str, subject: str
    ) -> None:
        """Raises ProtocolError if the agent may not have the server do this.

        Nobody is asked if the rules allow it, or if a call was approved with `subject` among its
        arguments, which is used up by this.
        """
        mode = self._rules.strict_mode(method, kind)
        if mode == "auto" or self._updates.use_allowance(subject):
            return
        calls = self._updates.calls_mentioning(subject)
        question = ApprovalRequest(
            call_id=calls[0] if calls else method,
            tool_name=method,
            arguments=arguments,
            reason=f"the agent wants {method} of {subject}",
            mode=mode,
        )
        decision = await self._decision(question)
        is_approved = decision is not None and decision.is_approved
        for call_id in calls:
            self._updates.allow(call_id) if is_approved else self._updates.deny(call_id)
        if not is_approved:
            self._updates.was_denied = True
            raise ProtocolError(f"{method} of {subject!r} was not allowed")

    async def _decision(self, question: ApprovalRequest) -> ApprovalDecision | None:
        """None if the run ends first."""
        if self._is_over:
            return None
        asking = asyncio.ensure_future(self._context.approve(question))
        self._open.add(asking)
        try:
            await asyncio.wait({asking})
        finally:
            self._open.discard(asking)
            asking.cancel()
        return None if asking.cancelled() else asking.result()

    def cancel_all(self) -> None:
        """Answer every open and later question as cancelled."""
        self._is_over = True
        for asking in self._open:
            asking.cancel()


def _selected(options: Sequence[object], wanted: Sequence[str]) -> JsonObject:
    for kind in wanted:
        for option in options:
            match option:
                case {"optionId": str(option_id), "kind": str(is_kind)} if is_kind == kind:
                    return {"outcome": {"outcome": "selected", "optionId": option_id}}
    return _CANCELLED
