"""A command-line agent may spend what its task may, though it reports costs at its end only."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from dependency_injector import providers

from application.serving.submit_task import SubmitTask
from domain.agent_profile import AgentProfile
from domain.ids import AgentName, SessionId
from domain.limits import Limits
from domain.principal import LOCAL
from domain.task import Task, TaskStatus
from entrypoints.container import Container, opened, server_worker
from entrypoints.settings.settings import Settings
from tests.integration.graph import FakeRunner, Graph

Line = Mapping[str, object]

# Never ends of itself, so that a task that ends was ended.
SCRIPT = "import sys, time; print(open(sys.argv[1]).read(), flush=True); time.sleep(600)"
BEGIN: Line = {"type": "system", "subtype": "init", "model": "claude-opus-4-8"}
USED: Line = {"input_tokens": 100_000, "output_tokens": 10_000}
COST_USD = 0.75
"""Of such a call to that model."""


def call(number: int, *, model: str = "claude-opus-4-8") -> Line:
    content = [{"type": "text", "text": f"Call {number}."}]
    message = {"id": f"m{number}", "model": model, "content": content, "usage": USED}
    return {"type": "assistant", "message": message, "parent_tool_use_id": None}


def result(cost_usd: float) -> Line:
    end = {"type": "result", "subtype": "success", "is_error": False, "result": "Done."}
    sums = {"inputTokens": 100_000, "outputTokens": 10_000, "costUSD": cost_usd}
    return {**end, "modelUsage": {"own-model": sums}}


CASES: Sequence[tuple[Sequence[Line], Sequence[float | None]]] = [
    ([BEGIN, call(1), call(2)], [COST_USD, 2 * COST_USD]),
    ([BEGIN, call(1, model="own-model"), result(2.0)], [None, 2.0]),
]


@pytest.mark.parametrize(("lines", "totals"), CASES, ids=["priced", "reported at the end"])
async def test_an_agent_is_ended_by_the_call_that_passes_what_it_may_cost(
    tmp_path: Path, lines: Sequence[Line], totals: Sequence[float | None]
) -> None:
    lines_file = tmp_path / "lines.jsonl"
    lines_file.write_text("\n".join(json.dumps(line) for line in lines))

    task, events = await ended(tmp_path, lines_file, usd=1.0)

    assert (task.status, task.reason) == (TaskStatus.FAILED, "limit.usd")
    assert totals_of(events) == totals
    assert events[-1]["event_type"] == "task_failed"
    assert task.usage is not None and task.usage.cost_usd == totals[-1]


async def ended(
    folder: Path, lines_file: Path, *, usd: float
) -> tuple[Task, Sequence[Mapping[str, object]]]:
    settings = Settings(
        data_dir=folder / "data", database_url="memory:", default_agent="fake-claude"
    )
    profile = AgentProfile(
        name=AgentName("fake-claude"),
        kind="claude-code",
        argv=(sys.executable, "-c", SCRIPT, str(lines_file)),
        pty=False,
        sandbox="none",
        limits=Limits(timeout_s=20),
    )
    container = Container(
        settings=settings,
        worker_settings=server_worker(settings, instance="test"),
        profiles=providers.Object([profile]),
    )
    async with opened(container):
        graph = Graph(container, FakeRunner())
        request = SubmitTask(
            text="go",
            session_id=SessionId("s"),
            agent=profile.name,
            limits=Limits(usd=usd),
        )
        task = (await graph.coordinator.submit(LOCAL, request)).task
        return await graph.ended(task), await graph.events(task)


def totals_of(events: Sequence[Mapping[str, object]]) -> list[object]:
    return [
        event.get("total_cost_usd") for event in events if event["event_type"] == "token_usage"
    ]
