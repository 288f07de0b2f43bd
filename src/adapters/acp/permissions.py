"""Answers what an agent asks of its user: by the rules, or by what people say."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from adapters.acp.agent_trouble import AgentTrouble
from adapters.acp.approval_rules import ApprovalRules
from adapters.acp.json_message import JsonObject, json_list, json_object
from adapters.acp.session_updates import SessionUpdates
from domain.approval import ApprovalDecision, ApprovalRequest
from ports.runner import RunContext

_CANCELLED: JsonObject = {"outcome": {"outcome": "cancelled"}}
# What is allowed is allowed once; the wider one is for agents that offer nothing else.
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
        """Waits for a person where the rules say so. Raises what asking raises."""
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
        """Raises AgentTrouble for what the agent may not have the server do.

        Nobody is asked where the rules let it, nor again where what a call was allowed with
        names `subject` as it is, which counts once.
        """
        mode = self._rules.strict_mode(method, kind)
        if mode == "auto" or self._updates.use_allowance(subject):
            return
        calls = self._updates.calls_about(subject)
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
            raise AgentTrouble(f"{method} of {subject!r} was not allowed")

    async def _decision(self, question: ApprovalRequest) -> ApprovalDecision | None:
        """None when the run is over before there is one."""
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

    def give_up(self) -> None:
        """Every question, also a later one, is answered as cancelled."""
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
