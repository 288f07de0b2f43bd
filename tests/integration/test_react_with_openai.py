"""The ReAct agent with real tools, asking a real server over HTTP."""

from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest

from adapters.llm.openai_model import OpenAIModel
from adapters.llm.served_model import Deadlines
from adapters.system.clock import SystemClock
from adapters.system.id_source import SystemIdSource
from adapters.tools.list_directory import ListDirectoryTool
from adapters.tools.search_files import SearchFilesTool
from application.react.retry import Retry
from application.react.runner import ReactRunner
from domain.events import AgentEvent
from domain.task_events import Error
from domain.thinking_events import MessageDelta, ThinkComplete, TokenUsage
from domain.tool_events import ToolCallComplete, ToolCallStart
from ports.runner import Completed, Failed, Outcome
from tests.model_replies import (
    Answer,
    AskedCall,
    Cut,
    HttpFault,
    Malformed,
    Reply,
    Stall,
    WrongType,
)
from tests.model_server import model_server, one_tool_call_then_an_answer
from tests.patience import PATIENCE_S
from tests.react_fakes import FakeContext, Waits, react_task
from tests.seeded_session import SeededSession

FAULTS = [
    HttpFault(status=429, retry_after="2"),
    HttpFault(status=500),
    Cut(text=("half",)),
    Cut(text=("half",), is_clean=True),
    Stall(text=("half",)),
    Malformed(),
    WrongType(),
]


async def test_a_tool_is_called_for_real_and_its_result_answered(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("")
    search = AskedCall(tool_name="search_files", arguments='{"pattern": "*.py"}', call_id="c1")
    usage: dict[str, object] = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    replies = [
        Answer(text=("Let me ", "look."), calls=(search,), usage=usage),
        Answer(text=("There is ", "a.py."), usage=usage),
    ]

    outcome, events, requests = await run(replies, tmp_path)

    assert outcome == Completed(final_answer="There is a.py.", total_iterations=2)
    [start] = [event for event in events if isinstance(event, ToolCallStart)]
    assert (start.tool_name, start.arguments) == ("search_files", {"pattern": "*.py"})
    [complete] = [event for event in events if isinstance(event, ToolCallComplete)]
    assert (complete.call_id, complete.status, complete.result) == (start.call_id, "ok", "a.py")
    assert text_of(events) == "Let me look.There is a.py."
    totals = [event.total_tokens for event in events if isinstance(event, TokenUsage)]
    assert totals == [15, 30]
    messages = requests[1]["messages"]
    assert isinstance(messages, list)
    assert messages[-1] == {"role": "tool", "tool_call_id": "c1", "content": "a.py"}


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
async def test_a_fault_is_shown_and_tried_again(fault: Reply, tmp_path: Path) -> None:
    outcome, events, requests = await run(
        [fault, Answer(text=("fine",))], tmp_path, idle_timeout_s=patience(fault)
    )

    assert outcome == Completed(final_answer="fine", total_iterations=1)
    [error] = [event for event in events if isinstance(event, Error)]
    assert (error.phase, error.recoverable) == ("model", True)
    assert len(requests) == 2


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
async def test_a_fault_that_stays_fails_the_task_cleanly(fault: Reply, tmp_path: Path) -> None:
    outcome, events, requests = await run([fault], tmp_path, idle_timeout_s=patience(fault))

    assert isinstance(outcome, Failed)
    assert outcome.reason == "model_error"
    assert outcome.error.endswith("(after 4 tries)")
    assert len([event for event in events if isinstance(event, Error)]) == 3
    assert len([event for event in events if isinstance(event, ThinkComplete)]) == 1
    assert len(requests) == 4


async def test_broken_tool_arguments_are_returned_to_the_model(tmp_path: Path) -> None:
    broken = AskedCall(tool_name="search_files", arguments='{"pattern": ', call_id="c1")
    replies = [Answer(calls=(broken,)), Answer(text=("sorry",))]

    outcome, events, requests = await run(replies, tmp_path)

    assert outcome == Completed(final_answer="sorry", total_iterations=2)
    [complete] = [event for event in events if isinstance(event, ToolCallComplete)]
    assert complete.error == 'the arguments are no JSON object: {"pattern": '
    messages = requests[1]["messages"]
    assert isinstance(messages, list)
    assert messages[-1]["content"] == f"Error: {complete.error}"


async def test_the_server_by_hand_drives_a_whole_task(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("12345")

    async with model_server(one_tool_call_then_an_answer) as server:
        outcome, _ = await run_against(server.base_url, tmp_path)

    assert outcome == Completed(
        final_answer="The tool returned: a.txt  5 bytes", total_iterations=2
    )


async def run(
    replies: Sequence[Reply], workspace: Path, *, idle_timeout_s: float = 4
) -> tuple[Outcome, list[AgentEvent], list[dict[str, object]]]:
    async with model_server(replies) as server:
        outcome, events = await run_against(
            server.base_url, workspace, idle_timeout_s=idle_timeout_s
        )
        return outcome, events, server.requests


async def run_against(
    base_url: str, workspace: Path, *, idle_timeout_s: float = 4
) -> tuple[Outcome, list[AgentEvent]]:
    model = OpenAIModel(
        api_key="k",
        base_url=base_url,
        model="gpt-x",
        deadlines=Deadlines(idle_s=idle_timeout_s),
    )
    runner = ReactRunner(
        model=model,
        tools=[ListDirectoryTool(), SearchFilesTool()],
        memory=SeededSession().memory(),
        clock=SystemClock(),
        ids=SystemIdSource(),
        retry=Retry(sleep=Waits()),
    )
    context = FakeContext(workspace=str(workspace))
    with anyio.fail_after(PATIENCE_S):
        async with model.opened():
            return await runner.run(react_task(), context), context.events


def patience(fault: Reply) -> float:
    """Short where the silence itself is tested."""
    return 0.3 if isinstance(fault, Stall) else PATIENCE_S


def text_of(events: list[AgentEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, MessageDelta))
