"""Speaks Claude Code's `stream-json` input: the task, a hook before each tool call, permissions.

Its own rules and settings in the workspace allow many calls without asking. So it is given a hook
that it calls before every tool call, also of subagents. Where approval is needed the hook answers
`ask`, and the permission request that follows may wait as long as people need.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from adapters.cli_agents.claude_code_parser import SOURCE
from adapters.cli_agents.json_lines_parser import JsonObject, json_object
from domain.approval import (
    DEFAULT_RULE,
    ApprovalDecision,
    ApprovalRequest,
    approval_mode,
    strictest_mode,
)
from domain.errors import StartFailed
from domain.task import Approval
from ports.agent_dialogue import DialogueEvent, Finished, Question, Reply, Withdrawal

_MARKERS = (
    *('"control_request"', '"control_cancel_request"', '"init"', '"result"'),
    *('"task_started"', '"task_updated"', '"task_notification"'),
)
_HARMLESS = (
    *("BashOutput", "Glob", "Grep", "LS", "NotebookRead", "Read", "Task", "TaskCreate", "TaskGet"),
    *("TaskList", "TaskOutput", "TaskUpdate", "TodoWrite", "ToolSearch"),
)
"""Tools that only read, or whose effects are asked about separately. Without a rule for one of
them Claude Code's own rules decide: it asks before it reads outside of the workspace."""
_OTHERS = (
    *("AskUserQuestion", "Bash", "Edit", "EnterPlanMode", "ExitPlanMode", "KillShell"),
    *("MultiEdit", "NotebookEdit", "Skill", "SlashCommand", "TaskStop", "WebFetch", "WebSearch"),
    "Write",
)
_ALSO_CALLED = {"Agent": "Task"}
_MCP = "mcp__"
_HOOK = "agentcast"


class ClaudeDialogue:
    def __init__(
        self, text: str, *, rules: Mapping[str, Approval], asked: Approval | None
    ) -> None:
        self._text = text
        self._rules = {_name(tool): rule for tool, rule in rules.items()}
        self._asked = asked
        self._subagents: set[str] = set()
        """Running ones, which may still ask after the result of the conversation."""

    @property
    def opening(self) -> str:
        message = {"type": "user", "message": {"role": "user", "content": self._text}}
        return _line(message) if not self.is_open else _line(_INITIALIZE) + _line(message)

    @property
    def is_open(self) -> bool:
        return strictest_mode(self._rules, asked=self._asked) != "auto"

    def read(self, line: str) -> Sequence[DialogueEvent]:
        if not any(marker in line for marker in _MARKERS):
            return ()
        record = json_object(line)
        return () if record is None else tuple(self._events(record))

    def answer(self, question: Question, decision: ApprovalDecision) -> str:
        if decision.is_approved:
            return _permission(question.question_id)
        why = f": {decision.reason}" if decision.reason else ""
        # The parser recognises this text as a denial.
        tool, by = question.request.tool_name, decision.by
        denial = f"Permission to use {tool} has been denied by {by} ({decision.decision}){why}"
        return _permission(question.question_id, denial=denial)

    def _events(self, record: JsonObject) -> Iterator[DialogueEvent]:
        match record:
            case {"type": "system", "subtype": "init", "tools": list(tools)}:
                self._check_rules(tools)
            case {
                "type": "control_request",
                "request_id": str(request_id),
                "request": dict(request),
            }:
                yield self._requested(request_id, request)
            case {"type": "control_cancel_request", "request_id": str(request_id)}:
                yield Withdrawal(question_id=request_id)
            case {"type": "system", "task_id": str(task_id)}:
                self._track_subagent(task_id, record)
            case {"type": "result"} if not self._subagents:
                yield Finished()
            case _:
                return

    def _track_subagent(self, task_id: str, record: JsonObject) -> None:
        """After the end of a subagent another turn follows, with a result of its own."""
        match record:
            case {"subtype": "task_started", "task_type": "local_agent"}:
                self._subagents.add(task_id)
            case {"subtype": "task_updated", "patch": {"status": "pending" | "running"}}:
                return
            case {"subtype": "task_updated", "patch": {"status": str()}}:
                self._subagents.discard(task_id)
            case {"subtype": "task_notification"}:
                self._subagents.discard(task_id)
            case _:
                return

    def _requested(self, request_id: str, request: JsonObject) -> DialogueEvent:
        match request:
            case {"subtype": "hook_callback", "input": {"tool_name": str(tool)}}:
                return Reply(line=_response(request_id, self._hook_answer(tool)))
            case {"subtype": "can_use_tool", "tool_name": str(tool), "input": dict(arguments)}:
                return self._permission_asked(request_id, request, tool, arguments)
            case _:
                refusal = {"subtype": "error", "request_id": request_id, "error": "not known here"}
                return Reply(line=_line({"type": "control_response", "response": refusal}))

    def _permission_asked(
        self, request_id: str, request: JsonObject, tool: str, arguments: JsonObject
    ) -> DialogueEvent:
        if (mode := self._mode(_name(tool))) == "auto":
            return Reply(line=_permission(request_id))
        call_id, why = request.get("tool_use_id"), request.get("decision_reason")
        is_own_reason = isinstance(why, str) and request.get("decision_reason_type") != "hook"
        return Question(
            question_id=request_id,
            request=ApprovalRequest(
                call_id=call_id if isinstance(call_id, str) else request_id,
                tool_name=tool,
                arguments=arguments,
                reason=str(why) if is_own_reason else f"the agent wants to use {tool}",
                mode=mode,
            ),
        )

    def _hook_answer(self, tool_name: str) -> JsonObject:
        tool = _name(tool_name)
        if (mode := self._mode(tool)) != "auto" and tool in _HARMLESS and tool not in self._rules:
            return {}
        decision = "allow" if mode == "auto" else "ask"
        return {
            "hookSpecificOutput": {
                "hookEventName": "PreToolUse",
                "permissionDecision": decision,
            }
        }

    def _mode(self, tool: str) -> Approval:
        return approval_mode(self._rules, asked=self._asked, tool_name=tool, effects=())

    def _check_rules(self, tools: Sequence[object]) -> None:
        """Raises StartFailed for a misspelled tool, which would otherwise be allowed unasked."""
        for name in self._rules:
            if name not in (DEFAULT_RULE, *tools, *_HARMLESS, *_OTHERS) and not name.startswith(
                _MCP
            ):
                known = ", ".join(tool for tool in tools if isinstance(tool, str))
                raise StartFailed(f"approvals: there is no tool {name!r}; there are: {known}")


class CliDialogues:
    def of(
        self, name: str, *, text: str, rules: Mapping[str, Approval], asked: Approval | None
    ) -> ClaudeDialogue | None:
        return ClaudeDialogue(text, rules=rules, asked=asked) if name == SOURCE else None


_INITIALIZE: JsonObject = {
    "type": "control_request",
    "request_id": _HOOK,
    "request": {
        "subtype": "initialize",
        "hooks": {"PreToolUse": [{"hookCallbackIds": [_HOOK]}]},
    },
}


def _name(tool: str) -> str:
    return _ALSO_CALLED.get(tool, tool)


def _permission(request_id: str, *, denial: str | None = None) -> str:
    if denial is not None:
        return _response(request_id, {"behavior": "deny", "message": denial})
    # An empty input leaves the call unchanged; secrets were masked in the question.
    return _response(request_id, {"behavior": "allow", "updatedInput": {}})


def _response(request_id: str, response: JsonObject) -> str:
    success = {"subtype": "success", "request_id": request_id, "response": response}
    return _line({"type": "control_response", "response": success})


def _line(message: Mapping[str, object]) -> str:
    return json.dumps(message) + "\n"
