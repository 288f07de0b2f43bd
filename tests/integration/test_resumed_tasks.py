"""Tasks of one session whose agent is a program that keeps its conversations in its home."""

import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from dependency_injector import providers

from adapters.archive.file_output_archive import FileOutputArchive
from adapters.cli_agents.cli_output_parsers import CliOutputParsers
from adapters.process.linux_process_host import LinuxProcessHost
from adapters.system.clock import SystemClock
from adapters.workspace.folder_homes import FolderHomes
from application.programs.command_runner import CommandRunner
from domain.agent_profile import AgentProfile
from domain.ids import AgentName
from domain.limits import Limits
from domain.task import TaskStatus
from tests.command_runner_fakes import command_runner
from tests.integration.graph import FakeRunner, Graph, profiles, running

# Says its sums over a thread as Codex does, and refuses a thread that is not in its home.
SCRIPT = """
import json, pathlib, sys
threads = pathlib.Path.home() / "threads"
threads.mkdir(exist_ok=True)
name = sys.argv[2] if sys.argv[1] == "resume" else f"t-{len(list(threads.iterdir())) + 1}"
kept = threads / name
if sys.argv[1] == "resume" and not kept.exists():
    sys.exit(f"Error: no rollout found for thread id {name}")
turns = int(kept.read_text()) + 1 if kept.exists() else 1
kept.write_text(str(turns))
for message in (
    {"type": "thread.started", "thread_id": name},
    {"type": "turn.started"},
    {"type": "item.completed",
     "item": {"id": "i", "type": "agent_message", "text": f"{name} turn {turns}"}},
    {"type": "turn.completed",
     "usage": {"input_tokens": 40 * turns, "output_tokens": 20 * turns}},
):
    print(json.dumps(message), flush=True)
"""


def _agent(script: Path, tokens: int) -> AgentProfile:
    program = (sys.executable, str(script))
    return AgentProfile(
        name=AgentName("summer"),
        kind="codex",
        argv=(*program, "new"),
        resume_argv=(*program, "resume", "{thread}"),
        pty=False,
        sandbox="none",
        limits=Limits(tokens=tokens, timeout_s=30),
    )


def _runner(folder: Path) -> CommandRunner:
    clock = SystemClock()
    return command_runner(
        LinuxProcessHost(),
        clock=clock,
        archive=FileOutputArchive(root=folder / "archive"),
        parsers=CliOutputParsers(clock),
        homes=FolderHomes(root=folder / "homes"),
    )


@asynccontextmanager
async def _running(folder: Path, *, tokens: int = 100) -> AsyncIterator[Graph]:
    script = folder / "agent.py"
    script.write_text(SCRIPT)
    agents = providers.Object([*profiles(), _agent(script, tokens)])
    runners = providers.Object({"fake": FakeRunner(), "codex": _runner(folder)})
    async with running(folder, profiles=agents, runners=runners) as graph:
        yield graph


async def _completed(graph: Graph) -> tuple[object, list[Mapping[str, object]]]:
    task = await graph.ended(await graph.submit("go", agent="summer"))
    assert task.status is TaskStatus.COMPLETED
    return task.result and task.result.final_answer, await graph.events(task)


def _used(events: list[Mapping[str, object]]) -> list[tuple[object, object]]:
    return [
        (event["input_tokens"], event["output_tokens"])
        for event in events
        if event["event_type"] == "token_usage"
    ]


async def test_each_task_of_a_session_counts_what_it_used_itself(tmp_path: Path) -> None:
    async with _running(tmp_path) as graph:
        first, second, third = [await _completed(graph) for _ in range(3)]

    assert [answer for answer, _ in (first, second, third)] == [
        "t-1 turn 1",
        "t-1 turn 2",
        "t-1 turn 3",
    ]
    assert [_used(events) for _, events in (first, second, third)] == [[(40, 20)]] * 3


async def test_a_session_whose_conversation_is_gone_goes_on_in_a_new_one(tmp_path: Path) -> None:
    async with _running(tmp_path) as graph:
        await _completed(graph)
        [threads] = (tmp_path / "homes").rglob("threads")
        shutil.rmtree(threads)
        (threads / "t-0").parent.mkdir()
        (threads / "t-0").write_text("0")
        answer, events = await _completed(graph)
        after, later_events = await _completed(graph)

    assert (answer, _used(events)) == ("t-2 turn 1", [(40, 20)])
    assert (after, _used(later_events)) == ("t-2 turn 2", [(40, 20)])
    assert [_shown(event) for event in events if _shown(event)] == [
        "process_started",
        "Error: no rollout found for thread id t-1",
        "process_exited",
        "resume",
        "process_started",
        "process_exited",
        "task_complete",
    ]


async def test_a_task_that_went_over_its_limit_does_not_count_for_the_next(tmp_path: Path) -> None:
    async with _running(tmp_path, tokens=50) as graph:
        tasks = [await graph.ended(await graph.submit("go", agent="summer")) for _ in range(2)]
        used = [_used(await graph.events(task)) for task in tasks]

    assert [task.reason for task in tasks] == ["limit.tokens"] * 2
    assert used == [[(40, 20)]] * 2


def _shown(event: Mapping[str, object]) -> object:
    match event["event_type"]:
        case "log":
            return event["line"]
        case "error":
            return event["phase"]
        case "process_started" | "process_exited" | "task_complete" as kind:
            return kind
        case _:
            return None
