"""What is sent to Claude Code over its `stream-json` input, and what it asks by its output.

Its own rules let much pass unasked, and so may settings in the workspace. So it is given a hook,
which it asks before every call of a tool and every subagent's; where somebody else is to be asked
the hook has it ask for permission, and that question may wait for as long as people need.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

from adapters.cli_agents.claude_code_parser import SOURCE
from adapters.cli_agents.json_line import JsonObject, json_object
from domain.approval import (
    DEFAULT_RULE,
    ApprovalDecision,
    ApprovalRequest,
    approval_mode,
    strictest_mode,
)
from domain.errors import StartFailed
from domain.task import Approval
from ports.agent_dialogue import Farewell, Heard, Question, Reply, Withdrawal

_OF_INTEREST = (
    *('"control_request"', '"control_cancel_request"', '"init"', '"result"'),
    *('"task_started"', '"task_updated"', '"task_notification"'),
)
_HARMLESS = (
    *("BashOutput", "Glob", "Grep", "LS", "NotebookRead", "Read", "Task", "TaskCreate", "TaskGet"),
    *("TaskList", "TaskOutput", "TaskUpdate", "TodoWrite", "ToolSearch"),
)
"""What they do is to look, or is asked about by itself. Without a rule for one of them its own
rules decide, by which it asks before it looks outside of the workspace."""
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
        """Those at work, which ask even when the conversation itself has its result."""

    @property
    def opening(self) -> str:
        message = {"type": "user", "message": {"role": "user", "content": self._text}}
        return _line(message) if not self.is_open else _line(_INITIALIZE) + _line(message)

    @property
    def is_open(self) -> bool:
        return strictest_mode(self._rules, asked=self._asked) != "auto"

    def hear(self, line: str) -> Sequence[Heard]:
        if not any(mark in line for mark in _OF_INTEREST):
            return ()
        said = json_object(line)
        return () if said is None else tuple(self._heard(said))

    def answer(self, question: Question, decision: ApprovalDecision) -> str:
        if decision.is_approved:
            return _permission(question.question_id)
        why = f": {decision.reason}" if decision.reason else ""
        # These words are known as a denial by the parser too.
        tool, by = question.request.tool_name, decision.by
        denial = f"Permission to use {tool} has been denied by {by} ({decision.decision}){why}"
        return _permission(question.question_id, denial=denial)

    def _heard(self, said: JsonObject) -> Iterator[Heard]:
        match said:
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
                self._follow(task_id, said)
            case {"type": "result"} if not self._subagents:
                yield Farewell()
            case _:
                return

    def _follow(self, task_id: str, said: JsonObject) -> None:
        """When one has ended, a turn about that follows, and its result."""
        match said:
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

    def _requested(self, request_id: str, request: JsonObject) -> Heard:
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
    ) -> Heard:
        if (mode := self._mode(_name(tool))) == "auto":
            return Reply(line=_permission(request_id))
        call_id, why = request.get("tool_use_id"), request.get("decision_reason")
        is_its_own = isinstance(why, str) and request.get("decision_reason_type") != "hook"
        return Question(
            question_id=request_id,
            request=ApprovalRequest(
                call_id=call_id if isinstance(call_id, str) else request_id,
                tool_name=tool,
                arguments=arguments,
                reason=str(why) if is_its_own else f"the agent wants to use {tool}",
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
        """A rule for a name that was misspelled would let the tool that it means pass unasked."""
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
    # An empty input leaves the call as it is; what was shown of it may have masked secrets.
    return _response(request_id, {"behavior": "allow", "updatedInput": {}})


def _response(request_id: str, response: JsonObject) -> str:
    success = {"subtype": "success", "request_id": request_id, "response": response}
    return _line({"type": "control_response", "response": success})


def _line(message: Mapping[str, object]) -> str:
    return json.dumps(message) + "\n"
