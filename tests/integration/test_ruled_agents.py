"""Scripts as agents, with rules for failure, answer, resumption and setup in their profiles."""

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from dependency_injector import providers

from adapters.process.linux_process_host import LinuxProcessHost
from adapters.system.clock import SystemClock
from adapters.workspace.folder_homes import FolderHomes
from application.watching.stream_request import StreamRequest
from domain.agent_profile import AgentProfile
from domain.extraction import FailureRule, OutputRule
from domain.ids import AgentName
from domain.limits import Limits
from domain.principal import LOCAL
from domain.task import Task, TaskStatus
from tests.acp_run import AGENT, acp_runner
from tests.command_runner_fakes import command_runner
from tests.integration.graph import FakeRunner, Graph, events_of, profiles, running
from tests.patience import PATIENCE_S

# Ends with 0 whatever becomes of it, keeps its conversation in its HOME and needs a file there.
SCRIPT = """
import json, pathlib, sys
home = pathlib.Path.home()
assert (home / "ready").exists() and pathlib.Path("ready-too").exists()
turns = home / "turns"
if sys.argv[1] == "--continue":
    turns.write_text(turns.read_text() + " " + sys.argv[2])
else:
    turns.write_text(sys.argv[1])
if sys.argv[-1] == "refuse":
    print("\\x1b[31mlitellm.AuthenticationError: no such key\\x1b[0m", file=sys.stderr)
    print("bye")
else:
    print(json.dumps({"type": "answer", "text": turns.read_text()}))
    print("bye")
"""
PREPARE = """
import pathlib, sys, time
if pathlib.Path(__file__).with_name("wait").exists():
    print("waiting", flush=True)
    time.sleep(60)
(pathlib.Path.home() / "ready").touch()
pathlib.Path("ready-too").touch()
print("prepared")
"""


def _agent(folder: Path) -> AgentProfile:
    program = (sys.executable, str(folder / "agent.py"))
    return AgentProfile(
        name=AgentName("scripted"),
        kind="command",
        argv=(*program, "{task}"),
        resume_argv=(*program, "--continue", "{task}"),
        setup_argv=(sys.executable, str(folder / "prepare.py")),
        failure=(FailureRule(pattern=r"^litellm\.\w+: (?P<message>.*)", reason="model_error"),),
        answer=OutputRule(json_path="$.text"),
        pty=False,
        sandbox="none",
        limits=Limits(timeout_s=PATIENCE_S),
    )


@asynccontextmanager
async def _running(folder: Path, agent: AgentProfile | None = None) -> AsyncIterator[Graph]:
    (folder / "agent.py").write_text(SCRIPT)
    (folder / "prepare.py").write_text(PREPARE)
    host, clock, homes = LinuxProcessHost(), SystemClock(), FolderHomes(root=folder / "homes")
    runners = {
        "fake": FakeRunner(),
        "command": command_runner(host, clock=clock, homes=homes),
        "acp": acp_runner(host, clock=clock, homes=homes),
    }
    agents = [*profiles(), agent or _agent(folder)]
    async with running(
        folder, profiles=providers.Object(agents), runners=providers.Object(runners)
    ) as graph:
        yield graph


async def _done(graph: Graph, text: str, *, session: str = "s") -> Task:
    return await graph.ended(await graph.submit(text, agent="scripted", session=session))


async def _cancelling(graph: Graph) -> AsyncIterator[Mapping[str, object]]:
    """The events of a task of a new session, which is cancelled when it has written a line."""
    task = await graph.submit("a", agent="scripted")
    request = StreamRequest(task_ids=(task.task_id,))
    watch = await graph.container.streams.watches().open(LOCAL, request)
    assert watch is not None
    async for event in events_of(watch):
        yield event
        if event["event_type"] == "log":
            await graph.coordinator.cancel(LOCAL, task.task_id)


def _lines(events: list[Mapping[str, object]]) -> list[object]:
    return [event["line"] for event in events if event["event_type"] == "log"]


async def test_an_agent_that_ends_with_0_after_its_model_refused_has_failed(
    tmp_path: Path,
) -> None:
    async with _running(tmp_path) as graph:
        task = await _done(graph, "refuse")
        final = (await graph.events(task))[-1]

    assert (task.status, task.reason) == (TaskStatus.FAILED, "model_error")
    assert final["event_type"] == "task_failed"
    assert (final["error"], final["exit_code"]) == ("no such key", 0)


async def test_tasks_of_a_session_go_on_and_are_set_up_once(tmp_path: Path) -> None:
    async with _running(tmp_path) as graph:
        tasks = [await _done(graph, "refuse"), await _done(graph, "a"), await _done(graph, "b")]
        tasks.append(await _done(graph, "c", session="other"))
        lines = [_lines(await graph.events(task)) for task in tasks]

    assert [task.result and task.result.final_answer for task in tasks] == [None, "a", "a b", "c"]
    assert [written[0] == "prepared" for written in lines] == [True, False, False, True]


async def test_a_setup_is_bound_by_the_deadline_of_its_task_and_done_again(
    tmp_path: Path,
) -> None:
    (tmp_path / "wait").touch()
    agent = replace(_agent(tmp_path), limits=Limits(idle_s=0.5))
    async with _running(tmp_path, agent) as graph:
        stopped = await _done(graph, "a")
        (tmp_path / "wait").unlink()
        again = await _done(graph, "b")

    assert (stopped.status, stopped.reason) == (TaskStatus.FAILED, "idle_timeout")
    assert (again.status, again.result and again.result.final_answer) == (
        TaskStatus.COMPLETED,
        "b",
    )


async def test_a_setup_is_cancelled_with_its_task(tmp_path: Path) -> None:
    (tmp_path / "wait").touch()
    async with _running(tmp_path) as graph:
        with anyio.fail_after(PATIENCE_S):
            events = [event async for event in _cancelling(graph)]

    types = [event["event_type"] for event in events]
    assert types[-2:] == ["process_exited", "task_cancelled"]
    assert (types.count("process_started"), _lines(events)) == (1, ["waiting"])


@pytest.mark.parametrize("works", [True, False])
async def test_an_agent_of_the_protocol_is_set_up_before_it_starts(
    tmp_path: Path, works: bool
) -> None:
    prepare = tmp_path / "prepare.py"
    agent = AgentProfile(
        name=AgentName("scripted"),
        kind="acp",
        argv=(sys.executable, AGENT, "resumes"),
        setup_argv=(sys.executable, str(prepare if works else tmp_path / "missing.py")),
        sandbox="none",
        pty=False,
    )
    async with _running(tmp_path, agent) as graph:
        first, second = await _done(graph, "one"), await _done(graph, "two")
        events = [await graph.events(task) for task in (first, second)]

    if works:
        assert [task.status for task in (first, second)] == [TaskStatus.COMPLETED] * 2
        assert [_lines(each) for each in events] == [["prepared"], []]
    else:
        assert [task.reason for task in (first, second)] == ["start_failed"] * 2
        error = str(events[0][-1]["error"])
        assert error.startswith("setup_argv: The command ended with exit code 2.")
        assert "missing.py" in error
