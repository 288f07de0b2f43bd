"""Workspaces in a folder of a test, with the users of the machine that the test sets."""

from pathlib import Path

from adapters.workspace.folder_check import FolderCheck
from adapters.workspace.folder_workspaces import FolderWorkspaces


def workspaces_in(root: Path, *, fixed: str | None = None) -> FolderWorkspaces:
    """The server's data are the folders of sessions, and nothing else."""
    return FolderWorkspaces(root=root, fixed=fixed, check=check_of(root))


def check_of(
    root: Path,
    *,
    data: Path | None = None,
    home: str = "/nowhere",
    passwd: Path = Path("/nowhere"),
) -> FolderCheck:
    return FolderCheck(data=data or root, workspaces=root, passwd=passwd, home=home)
