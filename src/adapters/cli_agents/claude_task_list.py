"""Turns calls of Claude Code's task list tools into events of a plan."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from adapters.cli_agents.json_lines_parser import JsonObject
from adapters.cli_agents.plan import phases
from domain.events import AgentEvent
from domain.plan import ReportedPlan
from domain.thinking_events import Phase

_TOOLS = ("TodoWrite", "TaskCreate", "TaskUpdate")
_NUMBER = re.compile(r"#([\w-]{1,40})")  # `Task #3 created successfully: …`


class ClaudeTaskList:
    def __init__(self) -> None:
        self._plan = ReportedPlan()
        self._pending: dict[str, tuple[str, JsonObject]] = {}
        self._phases: dict[str, Phase] = {}

    def call(self, call_id: str, *, tool_name: str, arguments: JsonObject) -> None:
        if tool_name in _TOOLS:
            self._pending[call_id] = (tool_name, arguments)

    def succeeded(self, call_id: str, result: str) -> Iterator[AgentEvent]:
        """Only calls that succeeded change the list; the result has the number of a new task."""
        match self._pending.pop(call_id, None):
            case ("TodoWrite", arguments):
                steps = phases(arguments.get("todos"), text_key="content")
                if steps is not None:
                    yield from self._plan.update(steps)
            case ("TaskCreate", {"subject": str(subject)}):
                self._create(subject, result)
                yield from self._plan.update(tuple(self._phases.values()))
            case ("TaskUpdate", {"taskId": str(phase_id)} as change) if phase_id in self._phases:
                self._update(self._phases[phase_id], change)
                yield from self._plan.update(tuple(self._phases.values()))
            case _:
                return

    def failed(self, call_id: str) -> None:
        self._pending.pop(call_id, None)

    def _create(self, subject: str, result: str) -> None:
        found = _NUMBER.search(result)
        phase_id = found[1] if found else str(len(self._phases) + 1)
        self._phases[phase_id] = Phase(id=phase_id, name=subject, status="pending")

    def _update(self, phase: Phase, change: Mapping[str, object]) -> None:
        if isinstance(subject := change.get("subject"), str):
            phase = replace(phase, name=subject)
        match change.get("status"):
            case "deleted":
                del self._phases[phase.id]
                return
            case "pending" | "in_progress" | "completed" as status:
                phase = replace(phase, status=status)
            case _:
                pass
        self._phases[phase.id] = phase
