"""What the settings say of the folders that agents work in."""

import os
from collections.abc import Sequence
from pathlib import Path

from adapters.workspace.folder_check import FolderCheck
from domain.errors import InvalidInput
from entrypoints.data_directory import DataDirectory
from entrypoints.settings import Settings, SettingsError
from entrypoints.settings_file import settings_file

_MOST_BYTES = 10 * 1024 * 1024 * 1024
_SETTINGS = (".env", "agentcast.toml")
_OF_SQLITE = ("", "-wal", "-shm", "-journal")


def secret_files(settings: Settings) -> Sequence[str]:
    """Where settings stand, keys among them, and the database, as absolute paths."""
    config = settings_file().absolute()
    folders = (Path.cwd(), config.parent)
    paths = [config, *(folder / name for folder in folders for name in _SETTINGS)]
    if (database := _database_file(settings)) is not None:
        paths += [database.with_name(database.name + suffix) for suffix in _OF_SQLITE]
    return [str(path) for path in paths]


def max_workspace_bytes(settings: Settings) -> int | None:
    """By default what leaves as much of the disk to others."""
    if settings.workspace_max_bytes is not None:
        return settings.workspace_max_bytes or None
    try:
        disk = os.statvfs(settings.data_dir)
    except OSError:  # before it is made
        return _MOST_BYTES
    return min(_MOST_BYTES, disk.f_blocks * disk.f_frsize // 2) or None


def folder_check(settings: Settings) -> FolderCheck:
    data = DataDirectory(settings.data_dir)
    return FolderCheck(
        data=data.path, workspaces=data.workspaces, database=_database_file(settings)
    )


def require_workspace(settings: Settings) -> None:
    """Raises SettingsError if tasks may not work in the one folder that is set for all of them."""
    if settings.workspace is None:
        return
    try:
        folder_check(settings).real(settings.workspace)
    except InvalidInput as error:
        raise SettingsError(f"AGENTCAST_WORKSPACE: {error}") from error


def _database_file(settings: Settings) -> Path | None:
    scheme, _, rest = settings.store_url.partition(":///")
    file = rest.partition("?")[0] if scheme.startswith("sqlite") else ""
    return Path(file).absolute() if file else None
