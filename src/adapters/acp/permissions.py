"""Answers what an agent asks of its user: by the rules, or by what people say."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from adapters.acp.approval_rules import ApprovalRules
from adapters.acp.json_message import JsonObject, json_list, json_object
from adapters.acp.session_updates import SessionUpdates
from domain.approval import ApprovalDecision
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
        told = json_object(params)
        if self._is_over:
            return _CANCELLED
        question = self._updates.question(told)
        kind = self._updates.kind_of(question.call_id)
        mode = self._rules.mode(question.tool_name, kind)
        asking = asyncio.ensure_future(self._context.approve(replace(question, mode=mode)))
        self._open.add(asking)
        try:
            await asyncio.wait({asking})
        finally:
            self._open.discard(asking)
            asking.cancel()
        if asking.cancelled():
            return _CANCELLED
        is_approved = asking.result().is_approved
        if not is_approved:
            self._updates.deny(question.call_id)
        return _selected(json_list(told.get("options")), _YES if is_approved else _NO)

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
