from collections.abc import Sequence

import pytest

from adapters.acp.approval_rules import ApprovalRules
from adapters.acp.messages import ProtocolError
from adapters.acp.session_updates import SessionUpdates
from domain.events import AgentEvent
from domain.process_events import Raw, SchemaDrift
from domain.task import Approval
from domain.task_events import Error, Progress
from domain.thinking_events import Message, MessageDelta, ThinkComplete, ThinkDelta, TokenUsage
from domain.tool_events import ToolCallComplete, ToolCallStart, ToolCallStream
from tests.fakes import FakeClock

Update = dict[str, object]


def _events_of(*updates: Update, usage: Update | None = None) -> list[AgentEvent]:
    """Of a whole turn with these updates."""
    read = _reader()
    events = [event for update in updates for event in _take(read, update)]
    return [*events, *read.end({"usage": usage} if usage else {})]


def _reader() -> SessionUpdates:
    read = SessionUpdates(FakeClock(), model="m")
    read.accepts_updates = True
    return read


def _strict_reader(rules: ApprovalRules) -> SessionUpdates:
    read = SessionUpdates(FakeClock(), model="m", rules=rules)
    read.accepts_updates = True
    return read


def _take(read: SessionUpdates, update: Update) -> Sequence[AgentEvent]:
    return list(read.read({"sessionId": "s", "update": update}, line="the line"))


def _text(kind: str, text: str, **more: object) -> Update:
    return {"sessionUpdate": kind, "content": {"type": "text", "text": text}, **more}


def _call(call_id: str, **more: object) -> Update:
    return {"sessionUpdate": "tool_call", "toolCallId": call_id, "title": "List files", **more}


def _call_update(call_id: str, **more: object) -> Update:
    return {"sessionUpdate": "tool_call_update", "toolCallId": call_id, **more}


def _shown(*texts: str) -> list[Update]:
    return [{"type": "content", "content": {"type": "text", "text": text}} for text in texts]


def test_a_message_keeps_the_agents_own_id_and_its_next_part_gets_another() -> None:
    events = _events_of(
        _text("agent_message_chunk", "one", messageId="a"),
        _call("c", kind="read", rawInput={"path": "x"}),
        _call_update("c", status="completed"),
        _text("agent_message_chunk", "two", messageId="a"),
        _text("agent_message_chunk", "three", messageId="b"),
    )

    assert [e for e in events if isinstance(e, Message)] == [
        Message(message_id="a", role="assistant", content="one"),
        Message(message_id="a-2", role="assistant", content="two"),
        Message(message_id="b", role="assistant", content="three"),
    ]


def test_thoughts_and_messages_alternate() -> None:
    assert _events_of(
        _text("agent_thought_chunk", "hm"),
        _text("agent_message_chunk", "so"),
        _text("agent_thought_chunk", "but"),
    ) == [
        ThinkDelta(iteration=1, text="hm"),
        ThinkComplete(iteration=1, content="hm", reasoning="hm", tool_call_count=0),
        MessageDelta(message_id="message-1", text="so"),
        Message(message_id="message-1", role="assistant", content="so"),
        ThinkDelta(iteration=2, text="but"),
        ThinkComplete(iteration=2, content="but", reasoning="but", tool_call_count=0),
    ]


def test_a_call_is_reported_once_its_arguments_are_known() -> None:
    assert _events_of(
        _call("c", kind="execute", rawInput={}),
        _call_update("c", rawInput={"command": "ls"}),
        _call_update("c", status="completed", rawOutput="a b"),
    ) == [
        ToolCallStart(
            call_id="c",
            tool_name="execute",
            arguments={"command": "ls", "title": "List files"},
        ),
        ToolCallComplete(
            call_id="c", tool_name="execute", status="ok", result="a b", duration_ms=0
        ),
    ]


def test_a_call_without_arguments_is_reported_before_other_output() -> None:
    events = _events_of(
        _call("c", locations=[{"path": "/x", "line": 3}]), _text("agent_thought_chunk", "hm")
    )

    assert events[0] == ToolCallStart(
        call_id="c", tool_name="List files", arguments={"paths": ["/x"]}
    )
    assert isinstance(events[1], ThinkDelta)


def test_calls_announced_together_are_each_reported_with_their_arguments() -> None:
    place: Update = {"cwd": "/x"}
    run: Update = {"status": "in_progress"}
    events = _events_of(
        _call("a", kind="execute", status="pending", rawInput=place),
        _call("b", kind="execute", status="pending", rawInput=place),
        _call_update("a", rawInput={**place, "command": "ls"}, **run),
        _call_update("b", rawInput={**place, "command": "pwd"}, **run),
    )

    starts = [e for e in events if isinstance(e, ToolCallStart)]
    assert [(e.call_id, e.arguments["command"]) for e in starts] == [("a", "ls"), ("b", "pwd")]


def test_a_permission_request_starts_its_call_and_no_other() -> None:
    read = _reader()
    for call_id in ("a", "b"):
        _take(read, _call(call_id, status="pending"))

    asked = list(read.permission_requested({"toolCall": {"toolCallId": "b", "status": "pending"}}))

    assert [e.call_id for e in asked if isinstance(e, ToolCallStart)] == ["b"]


@pytest.mark.parametrize(
    ("given", "status", "result", "error"),
    [
        ({"rawOutput": {"exit_code": 0, "formatted_output": "", "stdout": ""}}, "ok", "", None),
        (
            {"rawOutput": {"stdout": "a", "stderr": "b", "exitCode": 2}},
            "error",
            "ab",
            "exit code 2",
        ),
        (
            {"rawOutput": {"metadata": {"exit": 1}}},
            "error",
            '{"metadata": {"exit": 1}}',
            "exit code 1",
        ),
        ({"rawOutput": {"odd": True}}, "ok", '{"odd": true}', None),
        (
            {"shown": "Command exited with code: 4"},
            "error",
            "Command exited with code: 4",
            "exit code 4",
        ),
        (
            {"shown": "Command: x\nOutput: \nExit Code: 9\nError: (none)\nExit Code: 0"},
            "ok",
            None,
            None,
        ),
        ({"shown": "Exit Code: 5"}, "ok", "Exit Code: 5", None),
    ],
)
def test_a_command_with_a_failing_exit_code_is_an_error(
    given: Update, status: str, result: str | None, error: str | None
) -> None:
    more = {"content": _shown(str(given.pop("shown")))} if "shown" in given else {}
    ended = _call_update("c", status="completed", **given, **more)
    [_, done] = _events_of(_call("c", kind="execute", rawInput={"command": "x"}), ended)

    assert isinstance(done, ToolCallComplete)
    assert (done.status, done.error) == (status, error)
    assert result is None or done.result == result


def test_the_result_of_an_edit_begins_with_its_diff() -> None:
    change = {"type": "diff", "path": "a", "oldText": "old", "newText": "new"}
    ended = _call_update("c", status="completed", content=[change], rawOutput="changed")
    [_, done] = _events_of(_call("c", kind="execute", rawInput={"command": "x"}), ended)

    assert isinstance(done, ToolCallComplete)
    assert "+new" in done.result


def test_only_new_output_of_a_call_is_streamed() -> None:
    assert _events_of(
        _call("c", name="ls", status="in_progress"),
        _call_update("c", content=_shown("one")),
        _call_update("c", content=_shown("one", "two")),
        _call_update("c", status="failed"),
        _call_update("c", content=_shown("late")),
    ) == [
        ToolCallStart(call_id="c", tool_name="ls", arguments={"title": "List files"}),
        ToolCallStream(call_id="c", stream="text", chunk="one"),
        ToolCallStream(call_id="c", stream="text", chunk="\ntwo"),
        ToolCallComplete(
            call_id="c",
            tool_name="ls",
            status="error",
            result="one\ntwo",
            error="one\ntwo",
            duration_ms=0,
        ),
    ]


def test_a_call_without_a_result_has_an_unknown_outcome() -> None:
    [start, end] = _events_of(_call("c", name="ls"))

    assert isinstance(start, ToolCallStart)
    assert isinstance(end, ToolCallComplete)
    assert end.status == "outcome_unknown"


def test_tokens_and_cost_are_counted_once() -> None:
    def usage(used: int, amount: float) -> Update:
        cost = {"amount": amount, "currency": "USD"}
        return {"sessionUpdate": "usage_update", "used": used, "size": 9000, "cost": cost}

    events = _events_of(
        usage(100, 0.25),
        usage(100, 0.25),
        usage(80, 1.0),
        usage={"inputTokens": 150, "outputTokens": 7, "cachedReadTokens": 50},
    )

    assert [
        (e.input_tokens, e.output_tokens, e.cost_usd, e.total_tokens, e.total_cost_usd)
        for e in events
        if isinstance(e, TokenUsage)
    ] == [(100, 0, 0.25, 100, 0.25), (0, 0, 0.75, 100, 1.0), (50, 7, None, 157, 1.0)]


@pytest.mark.parametrize(
    ("update", "what"),
    [
        ({"sessionUpdate": "dream"}, "dream"),
        ({}, "an update without a kind"),
        ({"sessionUpdate": "tool_call"}, "a tool call without an id"),
        ({"sessionUpdate": "plan", "entries": 5}, "a plan without a list of its steps"),
        ({"sessionUpdate": "agent_message_chunk"}, "agent_message_chunk"),
    ],
)
def test_an_unknown_update_is_kept_as_raw_and_reported_once(update: Update, what: str) -> None:
    assert _events_of(update, update) == [
        Raw(source="acp", line="the line"),
        SchemaDrift(source="acp", what=what),
        Raw(source="acp", line="the line"),
    ]


def test_usage_counts_for_the_current_model_of_the_session() -> None:
    option: Update = {"id": "llm", "category": "model", "options": [{"value": "a"}]}
    changed = {"sessionUpdate": "config_option_update"}
    used: Update = {"sessionUpdate": "usage_update", "size": 9000}

    events = _events_of(
        {**used, "used": 10},
        {**changed, "configOptions": [{**option, "currentValue": "a"}]},
        {**changed, "configOptions": []},
        {**used, "used": 20},
    )

    assert [e.model for e in events if isinstance(e, TokenUsage)] == ["m", "a"]


@pytest.mark.parametrize(
    "kind", ["user_message_chunk", "available_commands_update", "session_info_update"]
)
def test_updates_for_the_agents_own_interface_are_ignored(kind: str) -> None:
    assert _events_of({"sessionUpdate": kind}) == []


def test_updates_replayed_before_the_turn_are_ignored() -> None:
    read = SessionUpdates(FakeClock(), model="m")

    assert _take(read, _text("agent_message_chunk", "earlier")) == []


@pytest.mark.parametrize("mode", ["ask", "deny"])
@pytest.mark.parametrize("kind", ["edit", "delete", "move", "execute"])
def test_a_changing_call_without_permission_is_reported_and_fails_the_run(
    kind: str, mode: Approval
) -> None:
    read = _strict_reader(ApprovalRules(asked=mode))
    events: list[AgentEvent] = []

    with pytest.raises(ProtocolError, match=f"List files.* without asking.* {mode}"):
        for update in (_call("c1", kind=kind), _call_update("c1", status="completed")):
            events.extend(read.read({"update": update}, line=""))

    assert any(isinstance(event, ToolCallStart) for event in events)


@pytest.mark.parametrize(
    ("rules", "kind", "is_free"),
    [
        (ApprovalRules(), "execute", True),
        (ApprovalRules(asked="auto"), "execute", True),
        (ApprovalRules(rules={"edit": "deny"}), "execute", True),
        (ApprovalRules(rules={"edit": "deny"}), "edit", False),
        (ApprovalRules(asked="deny"), "read", True),
        (ApprovalRules(rules={"read": "auto"}, asked="deny"), "read", True),
        (ApprovalRules(rules={"read": "ask"}), "read", False),
        (ApprovalRules(rules={"default": "deny"}), "other", True),
        (ApprovalRules(asked="deny", has_flags=True), "execute", True),
    ],
)
def test_a_reading_call_needs_no_permission_unless_a_rule_names_it(
    rules: ApprovalRules, kind: str, is_free: bool
) -> None:
    read = _strict_reader(rules)
    done = _call("c1", kind=kind, status="completed")

    if is_free:
        assert isinstance(_take(read, done)[-1], ToolCallComplete)
    else:
        with pytest.raises(ProtocolError):
            _take(read, done)


def test_a_call_with_permission_does_not_fail_the_run() -> None:
    read = _strict_reader(ApprovalRules(asked="ask"))
    call: Update = {"toolCallId": "c1", "kind": "execute"}
    events = list(read.permission_requested({"toolCall": call}))
    read.allow("c1")

    events.extend(_take(read, _call_update("c1", status="completed")))

    assert [type(event) for event in events] == [ToolCallStart, ToolCallComplete]


def test_a_failed_call_without_permission_is_reported_as_possibly_started() -> None:
    read = _strict_reader(ApprovalRules(asked="ask"))

    *_, error = _take(read, _call("c1", kind="execute", status="failed"))

    assert error == Error(
        message="the agent did not ask before execute (List files), which failed, "
        "and may have begun it",
        phase="approval",
        recoverable=True,
    )


@pytest.mark.parametrize("is_asked", [True, False])
def test_a_failed_command_without_permission_has_run_against_the_rules(is_asked: bool) -> None:
    read = _strict_reader(ApprovalRules(asked="deny"))
    call: Update = {"toolCallId": "c1", "kind": "execute"}
    if is_asked:
        list(read.permission_requested({"toolCall": call}))
        read.deny("c1")

    with pytest.raises(ProtocolError, match="it was refused" if is_asked else "without asking"):
        _take(read, _call("c1", kind="execute", status="failed", rawOutput={"exit_code": 1}))


def test_a_notice_is_progress() -> None:
    assert _events_of(
        {"sessionUpdate": "notice", "message": "the model is asked again in 20 s"}
    ) == [Progress(message="the model is asked again in 20 s")]


def test_an_image_is_replaced_by_a_placeholder() -> None:
    image = {"type": "image", "mimeType": "image/png", "data": "A" * 400}

    events = _events_of(
        {"sessionUpdate": "agent_message_chunk", "messageId": "m", "content": image}
    )

    assert [event.content for event in events if isinstance(event, Message)] == [
        "[image/png, 300 bytes, left out]"
    ]


def test_a_call_of_a_subagent_names_its_parent_call() -> None:
    events = _events_of(
        {
            "sessionUpdate": "tool_call",
            "toolCallId": "c2",
            "title": "ls",
            "rawInput": {"command": "ls"},
            "_meta": {"claudeCode": {"parentToolUseId": "c1"}},
        }
    )

    assert [event.parent_call_id for event in events if isinstance(event, ToolCallStart)] == ["c1"]


def test_output_of_the_latest_terminals_without_a_call_is_kept() -> None:
    read = _reader()

    events = [event for number in range(100) for event in read.terminal_output(str(number), "x")]

    assert events == []
    assert "".join(read.unclaimed_output()) == 64 * "x"
