"""The dialogue with Claude Code over its `stream-json` input and output."""

import json
from collections.abc import Mapping

import pytest

from adapters.cli_agents.claude_dialogue import ClaudeDialogue, CliDialogues
from domain.approval import ApprovalDecision
from domain.errors import StartFailed
from domain.task import Approval
from ports.agent_dialogue import DialogueEvent, Finished, Question, Reply, Withdrawal

ASKED = {"command": "rm x"}


def dialogue(
    asked: Approval | None = "ask", *, rules: Mapping[str, Approval] | None = None
) -> ClaudeDialogue:
    return ClaudeDialogue("do it", rules=rules or {}, asked=asked)


def messages(text: str) -> list[dict[str, object]]:
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def events(claude: ClaudeDialogue, **record: object) -> list[DialogueEvent]:
    return list(claude.read(json.dumps(record)))


def hook(claude: ClaudeDialogue, tool: str) -> object:
    """What the hook decides about a call of this tool."""
    request = {"subtype": "hook_callback", "input": {"tool_name": tool, "tool_input": {}}}
    [reply] = events(claude, type="control_request", request_id="r", request=request)
    assert isinstance(reply, Reply)
    [message] = messages(reply.line)
    response = message["response"]
    assert isinstance(response, dict)
    assert (response["subtype"], response["request_id"]) == ("success", "r")
    output = response["response"].get("hookSpecificOutput")
    return output and output["permissionDecision"]


def permission(claude: ClaudeDialogue, tool: str = "Bash", **more: object) -> DialogueEvent:
    request = {"subtype": "can_use_tool", "tool_name": tool, "input": ASKED, **more}
    [event] = events(claude, type="control_request", request_id="r", request=request)
    return event


@pytest.mark.parametrize("asked", [None, "auto"])
def test_without_rules_it_gets_its_task_and_no_hook(
    asked: Approval | None,
) -> None:
    claude = dialogue(asked)

    assert not claude.is_open
    assert messages(claude.opening) == [
        {"type": "user", "message": {"role": "user", "content": "do it"}}
    ]


@pytest.mark.parametrize(
    ("asked", "rules"),
    [("ask", {}), ("deny", {}), (None, {"default": "ask"}), ("auto", {"Bash": "deny"})],
)
def test_with_rules_it_gets_a_hook_before_its_task(
    asked: Approval | None, rules: Mapping[str, Approval]
) -> None:
    claude = dialogue(asked, rules=rules)

    assert claude.is_open
    first, last = messages(claude.opening)
    assert first["type"] == "control_request"
    assert list(first["request"]["hooks"]) == ["PreToolUse"]  # type: ignore[index]
    assert last["type"] == "user"


@pytest.mark.parametrize(
    ("asked", "rules", "tool", "decision"),
    [
        ("ask", {}, "Bash", "ask"),
        ("deny", {}, "mcp__files__write", "ask"),
        ("ask", {}, "Read", None),
        ("deny", {"Read": "auto"}, "Read", "ask"),
        (None, {"Read": "ask"}, "Read", "ask"),
        (None, {"Read": "ask"}, "Bash", "allow"),
        (None, {"Task": "deny"}, "Agent", "ask"),
        (None, {"Agent": "deny"}, "Task", "ask"),
        ("ask", {}, "Agent", None),
    ],
)
def test_the_hook_makes_it_ask_where_a_rule_applies_and_lets_it_read(
    asked: Approval | None, rules: Mapping[str, Approval], tool: str, decision: str | None
) -> None:
    assert hook(dialogue(asked, rules=rules), tool) == decision


def test_a_permission_request_is_a_question_with_the_mode_of_its_tool() -> None:
    claude = dialogue(None, rules={"Bash": "deny"})

    question = permission(claude, tool_use_id="call_1", decision_reason_type="hook")

    assert isinstance(question, Question)
    asked = question.request
    assert (question.question_id, asked.call_id, asked.mode) == ("r", "call_1", "deny")
    assert (asked.tool_name, asked.arguments) == ("Bash", ASKED)
    assert asked.reason == "the agent wants to use Bash"


def test_its_own_reason_becomes_the_reason_of_the_question() -> None:
    question = permission(dialogue(), decision_reason="outside", decision_reason_type="other")

    assert isinstance(question, Question)
    assert question.request.reason == "outside"


def test_what_a_rule_allows_is_allowed_without_a_question() -> None:
    reply = permission(dialogue("auto", rules={"Write": "ask"}))

    assert isinstance(reply, Reply)
    assert messages(reply.line) == [response_of({"behavior": "allow", "updatedInput": {}})]


def test_an_approval_leaves_the_call_unchanged_although_secrets_were_masked_in_the_question() -> (
    None
):
    claude = dialogue()
    question = permission(claude)
    assert isinstance(question, Question)

    line = claude.answer(question, ApprovalDecision(decision="approved", by="ada"))

    assert messages(line) == [response_of({"behavior": "allow", "updatedInput": {}})]


@pytest.mark.parametrize(
    ("decision", "message"),
    [
        (
            ApprovalDecision(decision="denied", by="ada", reason="not today"),
            "Permission to use Bash has been denied by ada (denied): not today",
        ),
        (
            ApprovalDecision(decision="expired", by="policy"),
            "Permission to use Bash has been denied by policy (expired)",
        ),
    ],
)
def test_a_denial_names_who_denied_and_why(decision: ApprovalDecision, message: str) -> None:
    claude = dialogue()
    question = permission(claude)
    assert isinstance(question, Question)

    line = claude.answer(question, decision)

    assert messages(line) == [response_of({"behavior": "deny", "message": message})]


def test_a_question_can_be_withdrawn() -> None:
    assert events(dialogue(), type="control_cancel_request", request_id="r") == [
        Withdrawal(question_id="r")
    ]


def test_an_unknown_request_is_answered_with_an_error() -> None:
    request = {"subtype": "mcp_message"}
    [reply] = events(dialogue(), type="control_request", request_id="r", request=request)

    assert isinstance(reply, Reply)
    [message] = messages(reply.line)
    assert message["response"] == {
        "subtype": "error",
        "request_id": "r",
        "error": "not known here",
    }


def test_it_is_finished_with_its_result() -> None:
    assert events(dialogue(), type="result", subtype="success") == [Finished()]


@pytest.mark.parametrize(
    "ended",
    [
        {"subtype": "task_updated", "patch": {"status": "completed"}},
        {"subtype": "task_notification", "status": "completed"},
    ],
)
def test_it_is_not_finished_while_a_subagent_runs(
    ended: Mapping[str, object],
) -> None:
    claude = dialogue()
    of_task = {"type": "system", "task_id": "t"}

    events(claude, **of_task, subtype="task_started", task_type="local_agent")
    events(claude, **of_task, subtype="task_updated", patch={"status": "running"})
    assert events(claude, type="result") == []
    assert events(claude, **of_task, **ended) == []
    assert events(claude, type="result") == [Finished()]


def test_a_command_in_the_background_is_not_waited_for() -> None:
    claude = dialogue()
    events(claude, type="system", task_id="t", subtype="task_started", task_type="local_bash")

    assert events(claude, type="result") == [Finished()]


@pytest.mark.parametrize("name", ["Bash", "mcp__any__tool", "default", "Glob", "Invented"])
def test_a_rule_for_a_tool_that_it_has_or_may_have_is_taken(name: str) -> None:
    claude = dialogue(rules={name: "deny"})

    assert events(claude, type="system", subtype="init", tools=["Bash", "Invented"]) == []


def test_a_rule_for_a_misspelled_tool_fails_the_start() -> None:
    claude = dialogue(rules={"bash": "deny"})

    with pytest.raises(StartFailed, match="no tool 'bash'; there are: Bash, Read"):
        events(claude, type="system", subtype="init", tools=["Bash", "Read"])


@pytest.mark.parametrize(
    "line",
    [
        "",
        'no JSON with "result"',
        '{"type": "assistant", "message": "control_request"}',
        '{"type": "control_request"}',
        '{"type": "control_request", "request_id": 1, "request": {}}',
        '{"type": "control_response", "response": {"subtype": "success"}}',
        '{"type": "system", "subtype": "init", "tools": 1}',
        '{"type": "system", "subtype": "task_updated", "task_id": "t", "patch": 1}',
    ],
)
def test_other_lines_have_no_events(line: str) -> None:
    assert list(dialogue().read(line)) == []


def test_only_claude_code_has_a_dialogue() -> None:
    dialogues = CliDialogues()

    assert dialogues.of("claude-code", text="x", rules={}, asked=None) is not None
    assert dialogues.of("codex", text="x", rules={}, asked=None) is None


def response_of(response: Mapping[str, object]) -> Mapping[str, object]:
    events_from = {"subtype": "success", "request_id": "r", "response": response}
    return {"type": "control_response", "response": events_from}
