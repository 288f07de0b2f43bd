"""The folder of the database and the workspaces, and the files that agents may not read."""

import fcntl
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from adapters.workspace.folder_check import FolderCheck
from domain.errors import InvalidInput
from entrypoints.settings.settings import Settings, SettingsError
from entrypoints.settings.settings_file import settings_file

_MOST_BYTES = 10 * 1024 * 1024 * 1024
_SETTINGS = (".env", "agentcast.toml")
_OF_SQLITE = ("", "-wal", "-shm", "-journal")


class DataDirectory:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.workspaces = path / "workspaces"
        self.output = path / "output"
        self.homes = path / "homes"

    def make(self) -> None:
        """Raises SettingsError if it cannot be made or written to."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"AGENTCAST_DATA_DIR: cannot make {self.path}: {error}") from error
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise SettingsError(f"AGENTCAST_DATA_DIR: {self.path} is not writable")

    @contextmanager
    def owned(self) -> Iterator[None]:
        """Lock the directory for one server. The lock ends with the process at the latest.

        Raises SettingsError when another server holds it.
        """
        with _private(self.path / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise SettingsError(
                    f"AGENTCAST_DATA_DIR: another server is running in {self.path}"
                ) from error
            yield

    def instance(self) -> str:
        """Names this directory's server through all its restarts; made at the first call."""
        file = self.path / "instance"
        if not file.exists():
            part = _private(self.path / f"instance.{os.getpid()}")
            part.write_text(f"serve-{secrets.token_hex(8)}")
            part.rename(file)
        return file.read_text()


def _private(file: Path) -> Path:
    """Readable by its owner only, whatever the umask. Raises SettingsError."""
    try:
        file.touch(mode=0o600)
        file.chmod(0o600)
    except OSError as error:
        raise SettingsError(f"AGENTCAST_DATA_DIR: cannot make {file}: {error.strerror}") from error
    return file


def secret_files(settings: Settings) -> Sequence[str]:
    """Absolute paths of the files of settings, which may have keys, and of the database."""
    config = settings_file().absolute()
    folders = (Path.cwd(), config.parent)
    paths = [config, *(folder / name for folder in folders for name in _SETTINGS)]
    if (database := _database_file(settings)) is not None:
        paths += [database.with_name(database.name + suffix) for suffix in _OF_SQLITE]
    return [str(path) for path in paths]


def max_workspace_bytes(settings: Settings) -> int | None:
    """By default half of the disk, and 10 GiB at most."""
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
