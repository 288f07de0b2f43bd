"""The folder that holds the database and the workspaces; one server at a time owns it."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from entrypoints.settings import SettingsError


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
        """The lock of the one server of this directory; it ends with the process at the latest.

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
    """Made for its owner alone, also where the umask would let others read. Raises SettingsError."""
    try:
        file.touch(mode=0o600)
        file.chmod(0o600)
    except OSError as error:
        raise SettingsError(f"AGENTCAST_DATA_DIR: cannot make {file}: {error.strerror}") from error
    return file
