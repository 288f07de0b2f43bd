"""The tool with which a model runs a command line."""

import asyncio
from collections.abc import Mapping

from pydantic import Field

from adapters.tools.arguments import Arguments, parsed_arguments, tool_spec
from adapters.tools.bounded_text import HeadAndTail
from domain.approval import EVERY_EFFECT
from domain.errors import StartFailed, ToolError
from domain.terminal_text import plain_text
from ports.process import Command, Exit, ProcessHost, RunningProcess
from ports.tool import ToolContext, ToolResult


class ShellArguments(Arguments):
    command: str = Field(min_length=1, description="A command line for /bin/sh.")
    timeout_s: float = Field(
        default=120, gt=0, le=3600, description="Seconds after which it is stopped."
    )


class ShellTool:
    spec = tool_spec(
        "shell",
        "Run a command line in the workspace; it has no input, and what it leaves running is "
        "stopped when it ends.",
        ShellArguments,
        effects=EVERY_EFFECT,
    )

    def __init__(self, *, process_host: ProcessHost) -> None:
        self._process_host = process_host

    async def call(self, arguments: Mapping[str, object], context: ToolContext) -> ToolResult:
        wanted = parsed_arguments(ShellArguments, arguments)
        command = _command(wanted, context)
        shown = HeadAndTail()
        try:
            async with self._process_host.start(command) as process:
                return _result(await _run(process, wanted, context, shown), shown, wanted)
        except StartFailed as error:
            raise ToolError(f"command: {error}") from error


def _command(wanted: ShellArguments, context: ToolContext) -> Command:
    profile = context.profile
    return Command(
        argv=("/bin/sh", "-c", wanted.command),
        cwd=context.workspace,
        task_id=context.task_id,
        pty=False,
        env=profile.env,
        env_passthrough=profile.env_passthrough,
        home_files=profile.home_files,
        shared_folders=profile.shared_folders,
        sockets=profile.sockets,
        memory_bytes=profile.memory_bytes,
        max_processes=profile.processes,
        sandbox=profile.sandbox,
        network=profile.network,
    )


async def _run(
    process: RunningProcess, wanted: ShellArguments, context: ToolContext, shown: HeadAndTail
) -> Exit | None:
    """None: it was stopped after the timeout."""
    try:
        async with asyncio.timeout(wanted.timeout_s):
            async for output in process.output():
                shown.add(output.text)
                await context.stream(output.text, of=output.stream)
            return await process.wait()
    except TimeoutError:
        await process.stop(grace_s=context.grace_s)
        return None
    except asyncio.CancelledError:
        await process.stop(grace_s=context.grace_s)
        raise


def _result(ended: Exit | None, shown: HeadAndTail, wanted: ShellArguments) -> ToolResult:
    output = "\n".join(plain_text(line) for line in shown.text().split("\n"))
    outcome = _outcome(ended, wanted)
    parts = (output.rstrip("\n"), outcome or ("" if output.strip() else "[no output]"))
    return ToolResult(
        content="\n".join(part for part in parts if part),
        is_error=outcome is not None,
        truncated=shown.is_cut,
        whole="",
    )


def _outcome(ended: Exit | None, wanted: ShellArguments) -> str | None:
    """The error, if any."""
    if ended is None:
        return f"[stopped after {wanted.timeout_s:g} s]"
    if ended.signal is not None:
        return f"[ended by signal {ended.signal}]"
    return f"[exit code {ended.code}]" if ended.code else None
