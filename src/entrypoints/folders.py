"""The folders of sessions and tasks, all under the data directory."""

from adapters.archive.file_output_archive import FileOutputArchive
from adapters.workspace.folder_homes import FolderHomes
from adapters.workspace.folder_workspace_retention import FolderWorkspaceRetention
from adapters.workspace.folder_workspaces import FolderWorkspaces
from entrypoints.data_directory import DataDirectory
from ports.homes import Homes
from ports.output_archive import OutputArchive
from ports.workspace_retention import WorkspaceRetention
from ports.workspaces import Workspaces


def workspaces(data: DataDirectory, *, fixed: str | None) -> Workspaces:
    return FolderWorkspaces(root=data.workspaces, fixed=fixed)


def homes(data: DataDirectory) -> Homes:
    return FolderHomes(root=data.homes)


def workspace_retention(data: DataDirectory) -> WorkspaceRetention:
    return FolderWorkspaceRetention(roots=[data.workspaces, data.homes])


def output_archive(data: DataDirectory) -> OutputArchive:
    return FileOutputArchive(root=data.output)
