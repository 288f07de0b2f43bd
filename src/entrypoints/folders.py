"""The folders of sessions, all under the data directory."""

from adapters.workspace.folder_homes import FolderHomes
from adapters.workspace.folder_workspace_retention import FolderWorkspaceRetention
from adapters.workspace.folder_workspaces import FolderWorkspaces
from entrypoints.data_directory import DataDirectory
from ports.homes import Homes
from ports.workspace_retention import WorkspaceRetention
from ports.workspaces import Workspaces


def workspaces(data: DataDirectory, *, fixed: str | None) -> Workspaces:
    return FolderWorkspaces(root=data.workspaces, fixed=fixed)


def homes(data: DataDirectory) -> Homes:
    return FolderHomes(root=data.homes)


def workspace_retention(data: DataDirectory) -> WorkspaceRetention:
    return FolderWorkspaceRetention(roots=[data.workspaces, data.homes])
