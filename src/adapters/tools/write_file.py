"""The tool with which a model writes a text file."""

import asyncio
from collections.abc import Mapping

from pydantic import Field

from adapters.tools.arguments import Arguments, parsed_arguments, tool_spec
from adapters.tools.workspace_files import MOST_FILE_BYTES, file_lock, replace_file
from adapters.tools.workspace_path import pinned_path, workspace_path
from domain.errors import ToolError
from ports.tool import ToolContext, ToolResult


class WriteFileArguments(Arguments):
    path: str = Field(min_length=1, description="The file, relative to the workspace.")
    content: str = Field(description="The whole text of the file; what was there is replaced.")


class WriteFileTool:
    spec = tool_spec(
        "write_file",
        "Write a text file of the workspace; missing folders are made.",
        WriteFileArguments,
    )

    async def call(self, arguments: Mapping[str, object], context: ToolContext) -> ToolResult:
        wanted = parsed_arguments(WriteFileArguments, arguments)
        return await asyncio.to_thread(_write, wanted, context.workspace)


def _write(wanted: WriteFileArguments, workspace: str) -> ToolResult:
    path = workspace_path(workspace, wanted.path)
    content = wanted.content.encode(errors="replace")
    if len(content) > MOST_FILE_BYTES:
        raise ToolError(f"content: it has {len(content)} bytes; the most is {MOST_FILE_BYTES}")
    try:
        if path.is_dir():
            raise ToolError(f"path: {wanted.path!r} is a directory")
        with file_lock(path), pinned_path(workspace, path, create=True) as pinned:
            replace_file(pinned, content)
    except OSError as error:
        raise ToolError(f"path: cannot write {wanted.path!r}: {error.strerror}") from error
    return ToolResult(content=f"Wrote {len(content)} bytes to {wanted.path}.")
