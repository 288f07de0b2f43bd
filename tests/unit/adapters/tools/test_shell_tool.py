import asyncio
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from adapters.tools.shell import ShellTool
from domain.agent_profile import AgentProfile
from domain.errors import ToolError
from domain.ids import AgentName, TaskId
from domain.process_events import OutputStream as ProcessStream
from domain.tool_events import OutputStream
from ports.process import Command, Exit
from ports.tool import ToolResult
from tests.patience import PATIENCE_S
from tests.process_fakes import FakeProcess, FakeProcessHost, tool_context


async def test_a_command_line_is_run_in_the_workspace_and_its_output_streamed() -> None:
    process, shown = FakeProcess(), list[str]()
    process.emit("out\n", "stdout")
    process.emit("\x1b[31merr\x1b[0m\n", "stderr")
    process.end()
    host = FakeProcessHost(process)
    result = await ShellTool(process_host=host).call(
        {"command": "make | tee log"}, tool_context("/work", shown)
    )

    assert result == _given(content="out\nerr")
    assert shown == ["out\n", "\x1b[31merr\x1b[0m\n"]
    assert host.commands == [
        Command(
            argv=("/bin/sh", "-c", "make | tee log"),
            cwd="/work",
            task_id=TaskId("task_1"),
            pty=False,
        )
    ]


async def test_a_command_has_the_variables_the_sandbox_and_the_bounds_of_its_agent() -> None:
    process = FakeProcess()
    process.end()
    host = FakeProcessHost(process)
    profile = AgentProfile(
        name=AgentName("a"),
        kind="react",
        env={"CI": "1"},
        env_passthrough=("JAVA_HOME",),
        home_files={".npmrc": "x"},
        shared_folders=("/srv/cache",),
        sockets=("/run/s",),
        memory_bytes=2**30,
        processes=9,
        sandbox="require",
        network="host",
    )

    await ShellTool(process_host=host).call({"command": "x"}, tool_context("/", profile=profile))

    assert host.commands == [
        Command(
            argv=("/bin/sh", "-c", "x"),
            cwd="/",
            task_id=TaskId("task_1"),
            pty=False,
            env={"CI": "1"},
            env_passthrough=("JAVA_HOME",),
            home_files={".npmrc": "x"},
            shared_folders=("/srv/cache",),
            sockets=("/run/s",),
            memory_bytes=2**30,
            max_processes=9,
            sandbox="require",
            network="host",
        )
    ]


@pytest.mark.parametrize(
    ("ended", "content"),
    [(Exit(code=2), "oops\n[exit code 2]"), (Exit(signal=9), "oops\n[ended by signal 9]")],
)
async def test_a_command_that_does_not_succeed_is_an_error(ended: Exit, content: str) -> None:
    process = FakeProcess()
    process.emit("oops\n", "stderr")
    process.end(ended)

    result = await _tool(process).call({"command": "false"}, tool_context("/work"))

    assert result == _given(content=content, is_error=True)


async def test_a_command_without_output_is_reported_as_such() -> None:
    process = FakeProcess()
    process.end()

    result = await _tool(process).call({"command": "true"}, tool_context("/work"))

    assert result == _given(content="[no output]")


async def test_both_ends_of_a_long_output_are_kept() -> None:
    process = FakeProcess()
    for _ in range(100):
        process.emit("x" * 1000, "stdout")
    process.emit("the end", "stdout")
    process.end()

    result = await _tool(process).call({"command": "yes"}, tool_context("/work"))

    half = 16 * 1024
    left_out = f"\n[… {100_007 - 2 * half} characters left out …]\n"
    expected = "x" * half + left_out + "x" * (half - 7) + "the end"
    assert result == _given(content=expected, truncated=True)


async def test_a_command_that_takes_too_long_is_stopped() -> None:
    process = FakeProcess()
    process.emit("working\n", "stdout")

    with anyio.fail_after(PATIENCE_S):
        result = await _tool(process).call(
            {"command": "sleep 60", "timeout_s": 0.05}, tool_context("/work")
        )

    assert result == _given(content="working\n[stopped after 0.05 s]", is_error=True)
    assert process.graces == [5.0]


@pytest.mark.parametrize("stream", ["stdout", "stderr", "pty"])
async def test_streamed_output_names_its_stream(
    stream: ProcessStream,
) -> None:
    process, streamed = FakeProcess(), list[tuple[str, str]]()
    process.emit("output\n", stream)
    process.end()

    async def show(text: str, *, of: OutputStream = "text") -> None:
        streamed.append((of, text))

    await _tool(process).call({"command": "x"}, replace(tool_context("/work"), stream=show))

    assert streamed == [(stream, "output\n")]


async def test_a_cancelled_call_stops_its_command() -> None:
    process, has_said = FakeProcess(), anyio.Event()
    process.emit("working\n", "stdout")

    async def stream(_: str, *, of: OutputStream = "text") -> None:
        has_said.set()

    context = replace(tool_context("/work"), stream=stream)
    call = asyncio.ensure_future(_tool(process).call({"command": "sleep 60"}, context))
    with anyio.fail_after(PATIENCE_S):
        await has_said.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    assert process.graces == [5.0]
    assert process.was_left


async def test_a_command_that_cannot_start_is_an_error_for_the_model(tmp_path: Path) -> None:
    tool = ShellTool(process_host=FakeProcessHost(FakeProcess(), refusal="no sandbox here"))

    with pytest.raises(ToolError, match="command: no sandbox here"):
        await tool.call({"command": "ls"}, tool_context(str(tmp_path)))


def _tool(process: FakeProcess) -> ShellTool:
    return ShellTool(process_host=FakeProcessHost(process))


def _given(content: str, *, is_error: bool = False, truncated: bool = False) -> ToolResult:
    """All that a command writes is streamed."""
    return ToolResult(content=content, is_error=is_error, truncated=truncated, whole="")
