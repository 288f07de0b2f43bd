"""The tools that one agent has: those of ours that its profile names, and those it brings along."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from domain.agent_profile import AgentProfile
from domain.approval import DEFAULT_RULE, EVERY_EFFECT
from domain.errors import StartFailed
from domain.ids import TaskId
from ports.tool import Tool
from ports.tool_source import ToolSource


class AgentTools:
    def __init__(self, tools: Sequence[Tool], *, further: ToolSource | None = None) -> None:
        self._tools = {tool.spec.name: tool for tool in tools}
        self._further = further

    @asynccontextmanager
    async def open(
        self, *, profile: AgentProfile, task_id: TaskId, workspace: str
    ) -> AsyncIterator[Sequence[Tool]]:
        """Raises StartFailed for a tool that there is not, also where a rule for approvals names
        it, and for a source that cannot be used."""
        own = self._own(profile)
        if self._further is None:
            self._check_rules(profile, ())
            yield own
            return
        async with self._further.open(
            profile=profile, task_id=task_id, workspace=workspace
        ) as further:
            self._check_rules(profile, further)
            yield [*own, *further]

    def _check_rules(self, profile: AgentProfile, further: Sequence[Tool]) -> None:
        """A rule for a name that was misspelled would let the tool that it means pass unasked."""
        tools = [*self._tools, *(tool.spec.name for tool in further)]
        for name in profile.approvals:
            if name not in (DEFAULT_RULE, *EVERY_EFFECT, *tools):
                known = ", ".join((*tools, *sorted(EVERY_EFFECT), DEFAULT_RULE))
                raise StartFailed(
                    f"approvals: there is no tool or effect {name!r}; there are: {known}"
                )

    def _own(self, profile: AgentProfile) -> Sequence[Tool]:
        if profile.tools is None:
            return [tool for tool in self._tools.values() if tool.spec.by_default]
        if unknown := [name for name in profile.tools if name not in self._tools]:
            known = ", ".join(self._tools)
            raise StartFailed(f"there is no tool {unknown[0]!r}; there are: {known}")
        return [self._tools[name] for name in profile.tools]
