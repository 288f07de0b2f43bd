"""Keeps every path a tool is given inside the task's workspace."""

from pathlib import Path

from domain.errors import ToolError


def workspace_path(workspace: str, path: str) -> Path:
    """The path with all symbolic links followed. Raises ToolError if it leads outside."""
    if "\0" in path:
        raise ToolError("path: a path may not hold a NUL character")
    try:
        root = Path(workspace).resolve()
        resolved = (root / path).resolve()
    except (OSError, RuntimeError) as error:
        raise ToolError(f"path: {path!r} leads nowhere") from error
    if not resolved.is_relative_to(root):
        raise ToolError(f"path: {path!r} is outside the workspace")
    return resolved


def shown_path(workspace: str, path: Path) -> str:
    """The path as seen from the workspace."""
    return path.relative_to(Path(workspace).resolve()).as_posix()
