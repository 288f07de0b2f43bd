"""`agentcast log` and `agentcast export`: downloads the output of a task, or a session's events."""

import asyncio
import codecs
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, BinaryIO

from cyclopts import Parameter

from domain.lines import LineSplitter
from entrypoints.cli.client.server_client import path_part, server_client
from entrypoints.cli.exit_code import ExitCode
from entrypoints.cli.failure import UsageMistake
from entrypoints.cli.options import DEFAULT_SERVER, Raw, Server, TaskId
from entrypoints.cli.output import Output, process_output
from entrypoints.cli.views.safe_text import line_cleaner


def log(
    task: TaskId,
    /,
    *,
    call: Annotated[
        str | None, Parameter(help="Only the output of this tool call, by its `call_id`.")
    ] = None,
    raw: Raw = False,
    server: Server = DEFAULT_SERVER,
) -> int:
    """Print the whole output of a task, as far as it is kept."""
    path = f"/tasks/{path_part(task)}"
    path += "/log" if call is None else f"/calls/{path_part(call)}/output"
    return asyncio.run(_log(path, raw=raw, server=server))


def export(
    session: Annotated[str, Parameter(help="The session's id.")],
    /,
    *,
    output: Annotated[
        Path | None,
        Parameter(name=("--output", "-o"), help="The file to write; it must not be there yet."),
    ] = None,
    server: Server = DEFAULT_SERVER,
) -> int:
    """Write all events that the log holds of a session, one a line."""
    return asyncio.run(_export(f"/sessions/{path_part(session)}/export", output, server=server))


async def _log(path: str, *, raw: bool, server: str) -> int:
    output = process_output()
    async with server_client(server) as client, client.download(path) as download:
        if download.is_truncated:
            output.notice("the beginning is no longer kept")
        if raw:
            async for chunk in download.chunks:
                output.write_bytes(chunk)
        else:
            await _write_lines(download.chunks, output)
    return ExitCode.COMPLETED


async def _write_lines(chunks: AsyncIterator[bytes], output: Output) -> None:
    clean = line_cleaner(colours=output.is_terminal)
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    splitter = LineSplitter()
    async for chunk in chunks:
        for line in splitter.feed(decoder.decode(chunk)):
            output.write(clean(line.text) + ("" if line.is_partial else "\n"))
    for line in (*splitter.feed(decoder.decode(b"", final=True)), *splitter.end()):
        output.write(clean(line.text) + ("" if line.is_partial else "\n"))


async def _export(path: str, target: Path | None, *, server: str) -> int:
    output = process_output()
    async with server_client(server) as client, client.download(path) as download:
        if target is None:
            async for chunk in download.chunks:
                output.write_bytes(chunk)
        else:
            with _new_file(target) as file:
                async for chunk in download.chunks:
                    file.write(chunk)
            output.line(str(target))
    return ExitCode.COMPLETED


@contextmanager
def _new_file(target: Path) -> Iterator[BinaryIO]:
    """Deleted unless all of it was written."""
    try:
        file = target.open("xb")
    except OSError as error:
        raise UsageMistake(f"--output: {target} cannot be made ({error.strerror})") from error
    try:
        with file:
            yield file
    except BaseException:
        with suppress(OSError):
            target.unlink()
        raise
