"""A tool that reads a file which is as good as endless stops when nobody waits for it."""

import asyncio
import os
from pathlib import Path

import anyio
import pytest

from adapters.tools.read_file import ReadFileTool
from adapters.tools.search_files import SearchFilesTool
from ports.tool import Tool
from tests.process_fakes import tool_context

LONG_BYTES = 40 * 1024**3  # takes far longer to read than a test may


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        (ReadFileTool(), {"path": "long", "first_line": 3}),
        (SearchFilesTool(), {"text": "needle"}),
    ],
    ids=["read_file", "search_files"],
)
async def test_its_file_is_let_go_soon_after_a_cancel(
    tmp_path: Path, tool: Tool, arguments: dict[str, object]
) -> None:
    long = tmp_path / "long"
    long.write_text("x" * 10_000)
    os.truncate(long, LONG_BYTES)

    with anyio.fail_after(5):
        call = asyncio.ensure_future(tool.call(arguments, tool_context(str(tmp_path))))
        while not is_open(long):
            await anyio.lowlevel.checkpoint()
        call.cancel()
        while is_open(long):
            await anyio.lowlevel.checkpoint()

    assert call.cancelled()


def is_open(path: Path) -> bool:
    return str(path) in {os.path.realpath(fd) for fd in Path("/proc/self/fd").iterdir()}
