"""What Claude Code is told over its input, and what it asks by its output."""

import json
from collections.abc import Mapping

import pytest

from adapters.cli_agents.claude_dialogue import ClaudeDialogue, CliDialogues
from domain.approval import ApprovalDecision
from domain.errors import StartFailed
from domain.task import Approval
from ports.agent_dialogue import Farewell, Heard, Question, Reply, Withdrawal

ASKED = {"command": "rm x"}


def dialogue(
    asked: Approval | None = "ask", *, rules: Mapping[str, Approval] | None = None
) -> ClaudeDialogue:
    return ClaudeDialogue("do it", rules=rules or {}, asked=asked)


def messages(text: str) -> list[dict[str, object]]:
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def hear(talk: ClaudeDialogue, **said: object) -> list[Heard]:
    return list(talk.hear(json.dumps(said)))


def hook(talk: ClaudeDialogue, tool: str) -> object:
    """What the hook decides about a call of this tool."""
    request = {"subtype": "hook_callback", "input": {"tool_name": tool, "tool_input": {}}}
    [reply] = hear(talk, type="control_request", request_id="r", request=request)
    assert isinstance(reply, Reply)
    [message] = messages(reply.line)
    response = message["response"]
    assert isinstance(response, dict)
    assert (response["subtype"], response["request_id"]) == ("success", "r")
    output = response["response"].get("hookSpecificOutput")
    return output and output["permissionDecision"]


def permission(talk: ClaudeDialogue, tool: str = "Bash", **more: object) -> Heard:
    request = {"subtype": "can_use_tool", "tool_name": tool, "input": ASKED, **more}
    [heard] = hear(talk, type="control_request", request_id="r", request=request)
    return heard


@pytest.mark.parametrize("asked", [None, "auto"])
def test_where_everything_may_be_done_it_is_told_its_task_and_no_more(
    asked: Approval | None,
) -> None:
    talk = dialogue(asked)

    assert not talk.is_open
    assert messages(talk.opening) == [
        {"type": "user", "message": {"role": "user", "content": "do it"}}
    ]


@pytest.mark.parametrize(
    ("asked", "rules"),
    [("ask", {}), ("deny", {}), (None, {"default": "ask"}), ("auto", {"Bash": "deny"})],
)
def test_where_not_everything_may_be_done_it_is_given_a_hook_before_its_task(
    asked: Approval | None, rules: Mapping[str, Approval]
) -> None:
    talk = dialogue(asked, rules=rules)

    assert talk.is_open
    first, last = messages(talk.opening)
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
def test_the_hook_has_it_ask_where_a_rule_says_so_and_leaves_it_to_look_around(
    asked: Approval | None, rules: Mapping[str, Approval], tool: str, decision: str | None
) -> None:
    assert hook(dialogue(asked, rules=rules), tool) == decision


def test_what_it_asks_permission_for_is_a_question_with_the_mode_of_its_tool() -> None:
    talk = dialogue(None, rules={"Bash": "deny"})

    question = permission(talk, tool_use_id="call_1", decision_reason_type="hook")

    assert isinstance(question, Question)
    asked = question.request
    assert (question.question_id, asked.call_id, asked.mode) == ("r", "call_1", "deny")
    assert (asked.tool_name, asked.arguments) == ("Bash", ASKED)
    assert asked.reason == "the agent wants to use Bash"


def test_a_reason_of_its_own_is_the_reason_of_the_question() -> None:
    question = permission(dialogue(), decision_reason="outside", decision_reason_type="other")

    assert isinstance(question, Question)
    assert question.request.reason == "outside"


def test_what_a_rule_allows_is_allowed_without_a_question() -> None:
    reply = permission(dialogue("auto", rules={"Write": "ask"}))

    assert isinstance(reply, Reply)
    assert messages(reply.line) == [response_of({"behavior": "allow", "updatedInput": {}})]


def test_a_yes_leaves_the_call_as_it_is_whatever_was_masked_in_what_was_shown() -> None:
    talk = dialogue()
    question = permission(talk)
    assert isinstance(question, Question)

    line = talk.answer(question, ApprovalDecision(decision="approved", by="ada"))

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
def test_a_no_says_whose_it_is_and_why(decision: ApprovalDecision, message: str) -> None:
    talk = dialogue()
    question = permission(talk)
    assert isinstance(question, Question)

    line = talk.answer(question, decision)

    assert messages(line) == [response_of({"behavior": "deny", "message": message})]


def test_a_question_can_be_withdrawn() -> None:
    assert hear(dialogue(), type="control_cancel_request", request_id="r") == [
        Withdrawal(question_id="r")
    ]


def test_what_is_not_known_here_is_answered_with_an_error() -> None:
    request = {"subtype": "mcp_message"}
    [reply] = hear(dialogue(), type="control_request", request_id="r", request=request)

    assert isinstance(reply, Reply)
    [message] = messages(reply.line)
    assert message["response"] == {
        "subtype": "error",
        "request_id": "r",
        "error": "not known here",
    }


def test_it_has_done_its_task_with_its_result() -> None:
    assert hear(dialogue(), type="result", subtype="success") == [Farewell()]


@pytest.mark.parametrize(
    "ended",
    [
        {"subtype": "task_updated", "patch": {"status": "completed"}},
        {"subtype": "task_notification", "status": "completed"},
    ],
)
def test_it_has_not_done_its_task_while_a_subagent_of_it_works(
    ended: Mapping[str, object],
) -> None:
    talk = dialogue()
    of_task = {"type": "system", "task_id": "t"}

    hear(talk, **of_task, subtype="task_started", task_type="local_agent")
    hear(talk, **of_task, subtype="task_updated", patch={"status": "running"})
    assert hear(talk, type="result") == []
    assert hear(talk, **of_task, **ended) == []
    assert hear(talk, type="result") == [Farewell()]


def test_a_command_in_the_background_is_not_waited_for() -> None:
    talk = dialogue()
    hear(talk, type="system", task_id="t", subtype="task_started", task_type="local_bash")

    assert hear(talk, type="result") == [Farewell()]


@pytest.mark.parametrize("name", ["Bash", "mcp__any__tool", "default", "Glob", "Invented"])
def test_a_rule_for_a_tool_that_it_has_or_may_have_is_taken(name: str) -> None:
    talk = dialogue(rules={name: "deny"})

    assert hear(talk, type="system", subtype="init", tools=["Bash", "Invented"]) == []


def test_a_rule_for_a_name_that_was_misspelled_lets_nothing_begin() -> None:
    talk = dialogue(rules={"bash": "deny"})

    with pytest.raises(StartFailed, match="no tool 'bash'; there are: Bash, Read"):
        hear(talk, type="system", subtype="init", tools=["Bash", "Read"])


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
def test_of_what_asks_for_nothing_nothing_is_heard(line: str) -> None:
    assert list(dialogue().hear(line)) == []


def test_only_claude_code_is_talked_with() -> None:
    dialogues = CliDialogues()

    assert dialogues.of("claude-code", text="x", rules={}, asked=None) is not None
    assert dialogues.of("codex", text="x", rules={}, asked=None) is None


def response_of(response: Mapping[str, object]) -> Mapping[str, object]:
    told = {"subtype": "success", "request_id": "r", "response": response}
    return {"type": "control_response", "response": told}
