"""Decides which folders tasks may work in, by their real paths with links resolved."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from adapters.workspace.session_folder import folder_name, session_of
from domain.errors import InvalidInput
from domain.forbidden_folders import ForbiddenFolders, lies_in
from domain.task import Task

_CREDENTIALS = (
    *(".ssh", ".gnupg", ".pki", ".password-store", ".local/share/keyrings"),
    *(".aws", ".azure", ".kube", ".docker", ".config/gcloud", ".config/gh", ".config/op"),
    *(".claude", ".codex", ".gemini", ".mozilla", ".config/chromium", ".config/google-chrome"),
)
_SYSTEMS = {
    "/proc": "a folder of the kernel",
    "/sys": "a folder of the kernel",
    "/dev": "a folder of the kernel",
    "/etc/ssh": "a folder of credentials",
    "/etc/ssl/private": "a folder of credentials",
}
_HOME_FIELD = 5


class FolderCheck:
    """Refuses the server's data and what contains it, homes, and folders of credentials."""

    def __init__(
        self,
        *,
        data: Path,
        workspaces: Path,
        database: Path | None = None,
        passwd: Path = Path("/etc/passwd"),
        home: str | None = None,
    ) -> None:
        """`workspaces` contains the folders of sessions; `home` defaults to $HOME."""
        self._data = data
        self._workspaces = workspaces
        self._database = database
        self._passwd = passwd
        self._home = home

    def real(self, folder: str, task: Task | None = None) -> str:
        """Its path with links resolved, whether it exists yet or not.

        Raises InvalidInput for `workspace` if no task may work in it, or only those of another
        session. A session that has no key yet is identified by its id.
        """
        try:
            path = os.path.realpath(Path(folder).expanduser())
        except (OSError, RuntimeError, ValueError) as error:
            raise InvalidInput("workspace", f"{folder!r} is no path of a folder") from error
        own = None if task is None else self._own(path, task)
        reason = self._forbidden().reason_against(path, own=own)
        if reason is None and _is_no_folder(path):
            reason = "it is not a folder"
        if reason is not None:
            raise InvalidInput("workspace", f"cannot work in {folder!r}: {reason}")
        return path

    def _own(self, path: str, task: Task) -> str | None:
        """The folder of the task's session, if the path is within it."""
        root = os.path.realpath(self._workspaces)
        if not lies_in(path, root):
            return None
        tenant, owner, name, *_ = (*Path(path).relative_to(root).parts, "", "", "")
        principal = task.principal
        if (tenant, owner) != (folder_name(principal.tenant), folder_name(principal.owner)):
            return None
        session_id, key = session_of(name) or (None, None)
        is_own = session_id == task.session_id and task.session_key in (0, key)
        return os.path.join(root, tenant, owner, name) if is_own else None

    def _forbidden(self) -> ForbiddenFolders:
        """Built for each call: users, links and credentials come and go."""
        homes = list(dict.fromkeys(self._homes()))
        credentials = [os.path.join(home, name) for home in homes for name in _CREDENTIALS]
        there = [os.path.realpath(path) for path in credentials if os.path.lexists(path)]
        data = dict.fromkeys(_data_folders(self._data), "the server's data")
        database = () if self._database is None else (os.path.realpath(self._database),)
        return ForbiddenFolders(
            within={
                **dict.fromkeys((*credentials, *there), "a folder of credentials"),
                **_SYSTEMS,
                **data,
            },
            around={
                "/": "the whole machine",
                **dict.fromkeys(homes, "a home directory"),
                **data,
                **dict.fromkeys(database, "the server's database"),
                "/etc/shadow": "a file of credentials",
                **dict.fromkeys(there, "a folder of credentials"),
            },
        )

    def _homes(self) -> Iterator[str]:
        """Real paths of the existing ones, without `/`, which users of services have."""
        own = os.environ.get("HOME", "") if self._home is None else self._home
        for home in (own, *_homes_in(self._passwd)):
            real = os.path.realpath(home) if home.startswith("/") else "/"
            if real != "/" and os.path.isdir(real):
                yield real


def _is_no_folder(path: str) -> bool:
    """Neither is it a folder nor can it be made: it, or a part of its path, is something else."""
    try:
        return not stat.S_ISDIR(os.stat(path).st_mode)
    except NotADirectoryError:
        return True
    except OSError:
        return False


def _data_folders(data: Path) -> Sequence[str]:
    """The folder and the targets of links in it: operators move parts of it to other disks."""
    try:
        with os.scandir(data) as entries:
            links = [entry.path for entry in entries if entry.is_symlink()]
    except OSError:
        links = []
    return [os.path.realpath(path) for path in (str(data), *links)]


def _homes_in(passwd: Path) -> Sequence[str]:
    """Homes of the users in `passwd`, without those of a directory service."""
    try:
        lines = passwd.read_text(errors="replace").splitlines()
    except OSError:
        return ()
    fields = (line.split(":") for line in lines)
    return [each[_HOME_FIELD] for each in fields if len(each) > _HOME_FIELD]
