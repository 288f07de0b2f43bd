"""A tool that reads a file which is as good as endless stops when nobody waits for it."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest

from adapters.tools.read_file import ReadFileTool
from adapters.tools.search_files import SearchFilesTool
from ports.tool import Tool
from tests.patience import PATIENCE_S
from tests.process_fakes import tool_context

LONG_BYTES = 1024**4  # takes far longer to read than a test may


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        (ReadFileTool(most_skipped=LONG_BYTES), {"path": "long", "first_line": 3}),
        (SearchFilesTool(most_bytes=LONG_BYTES), {"text": "needle"}),
    ],
    ids=["read_file", "search_files"],
)
async def test_its_file_is_closed_soon_after_a_cancel(
    tmp_path: Path, tool: Tool, arguments: dict[str, object]
) -> None:
    long = tmp_path / "long"
    with endless(long), anyio.fail_after(PATIENCE_S):
        call = asyncio.ensure_future(tool.call(arguments, tool_context(str(tmp_path))))
        while not is_open(long):
            await anyio.lowlevel.checkpoint()
        call.cancel()
        while is_open(long):
            await anyio.lowlevel.checkpoint()

    assert call.cancelled()


@contextmanager
def endless(path: Path) -> Iterator[None]:
    """Whoever still reads it afterwards comes to its end at once."""
    path.write_text("x" * 10_000)
    os.truncate(path, LONG_BYTES)
    try:
        yield
    finally:
        os.truncate(path, 0)


def is_open(path: Path) -> bool:
    return any(leads_to(descriptor, path) for descriptor in Path("/proc/self/fd").iterdir())


def leads_to(descriptor: Path, path: Path) -> bool:
    """Another thread may close a descriptor between its listing and this."""
    try:
        return os.readlink(descriptor) == str(path.resolve())
    except FileNotFoundError:
        return False
