"""The ReAct agent: what it makes visible, and when it ends."""

from domain.limits import Limits
from domain.task_events import TaskAnalysis
from domain.thinking_events import (
    IterationComplete,
    IterationStart,
    Message,
    MessageDelta,
    ThinkComplete,
    ThinkDelta,
    Thinking,
    TokenUsage,
)
from domain.tool_events import ToolCallComplete, ToolCallStart
from ports.language_model import (
    AssistantMessage,
    ReasoningDelta,
    SystemMessage,
    TextDelta,
    ToolMessage,
    UserMessage,
)
from ports.runner import Completed, Failed
from tests.react_fakes import (
    FakeContext,
    FakeModel,
    FakeTool,
    ok,
    react_runner,
    react_task,
    tool_call,
    usage,
)


async def test_a_task_is_thought_about_acted_on_and_answered() -> None:
    context = FakeContext()
    model = FakeModel(
        [TextDelta(text="look"), tool_call("ls", path="."), usage(10, 5)],
        [TextDelta(text="an "), TextDelta(text="answer"), usage(20, 2)],
    )

    outcome = await react_runner(model, FakeTool("ls", ok)).run(
        react_task("list the files"), context
    )

    assert outcome == Completed(final_answer="an answer", total_iterations=2)
    assert context.events == [
        TaskAnalysis(action_name="list the files", goal="list the files", derived=True),
        IterationStart(iteration=1, max_iterations=20),
        Thinking(iteration=1, message_count=2),
        MessageDelta(message_id="msg_000001", text="look"),
        ThinkComplete(iteration=1, content="look", tool_call_count=1),
        Message(message_id="msg_000001", role="assistant", content="look"),
        TokenUsage(model="fake-1", input_tokens=10, output_tokens=5, total_tokens=15),
        ToolCallStart(call_id="call_000002", tool_name="ls", arguments={"path": "."}),
        ToolCallComplete(
            call_id="call_000002",
            tool_name="ls",
            status="ok",
            result="done in /workspace",
            duration_ms=0,
        ),
        IterationComplete(iteration=1, tool_calls=1, tokens_used=15),
        IterationStart(iteration=2, max_iterations=20),
        Thinking(iteration=2, message_count=4),
        MessageDelta(message_id="msg_000003", text="an answer"),
        ThinkComplete(iteration=2, content="an answer", tool_call_count=0),
        Message(message_id="msg_000003", role="assistant", content="an answer"),
        TokenUsage(model="fake-1", input_tokens=20, output_tokens=2, total_tokens=37),
        IterationComplete(iteration=2, tool_calls=0, tokens_used=22),
    ]


async def test_reasoning_and_answer_come_apart_and_each_whole_at_its_end() -> None:
    context = FakeContext()
    model = FakeModel(
        [
            ReasoningDelta(text="Hm, "),
            ReasoningDelta(text="so."),
            TextDelta(text="Yes"),
            ReasoningDelta(text=" Sure?"),
            TextDelta(text=", it is."),
        ]
    )

    outcome = await react_runner(model).run(react_task(), context)

    assert outcome == Completed(final_answer="Yes, it is.", total_iterations=1)
    assert context.events[3:-1] == [
        ThinkDelta(iteration=1, text="Hm, so."),
        MessageDelta(message_id="msg_000001", text="Yes"),
        ThinkDelta(iteration=1, text=" Sure?"),
        MessageDelta(message_id="msg_000001", text=", it is."),
        ThinkComplete(
            iteration=1, content="Yes, it is.", reasoning="Hm, so. Sure?", tool_call_count=0
        ),
        Message(message_id="msg_000001", role="assistant", content="Yes, it is."),
    ]


async def test_the_model_gets_the_results_of_its_calls_under_its_own_ids() -> None:
    model = FakeModel([tool_call("ls", call_id="m7")], [TextDelta(text="so be it")])

    await react_runner(model, FakeTool("ls", ok)).run(react_task("go"), FakeContext())

    system, *rest = model.requests[1].messages
    assert isinstance(system, SystemMessage)
    assert rest == [
        UserMessage(content="go"),
        AssistantMessage(content="", tool_calls=(tool_call("ls", call_id="m7"),)),
        ToolMessage(call_id=tool_call("ls", call_id="m7").call_id, content="done in /workspace"),
    ]


async def test_the_model_gets_its_workspace_and_its_tools() -> None:
    model = FakeModel([TextDelta(text="fine")])
    tool = FakeTool("ls", ok)

    await react_runner(model, tool).run(react_task(), FakeContext(workspace="/home/it"))

    [request] = model.requests
    assert "/home/it" in request.messages[0].content
    assert list(request.tools) == [tool.spec]


async def test_an_agent_that_comes_to_no_end_fails_by_its_limit() -> None:
    context = FakeContext(limits=Limits(iterations=2))
    model = FakeModel([tool_call("ls")])

    outcome = await react_runner(model, FakeTool("ls", ok)).run(react_task(), context)

    assert outcome == Failed(
        error="no final answer within 2 iterations", reason="limit.iterations"
    )
    assert IterationStart(iteration=2, max_iterations=2) in context.events
    assert len(model.requests) == 2


async def test_no_usage_is_made_up_for_a_model_that_reports_none() -> None:
    context = FakeContext()

    await react_runner(FakeModel([TextDelta(text="hi")])).run(react_task(), context)

    assert not any(isinstance(event, TokenUsage) for event in context.events)
    assert context.events[-1] == IterationComplete(iteration=1, tool_calls=0, tokens_used=0)


async def test_a_long_task_is_named_by_its_first_words() -> None:
    context = FakeContext()
    text = "one two three four five six seven\neight"

    await react_runner(FakeModel([TextDelta(text="hi")])).run(react_task(text), context)

    assert context.events[0] == TaskAnalysis(
        action_name="one two three four five six…", goal=text, derived=True
    )
