"""The folder of each session under a root, private to the server's user, and its name."""

from pathlib import Path
from urllib.parse import quote, unquote

from domain.ids import SessionId, SessionKey
from domain.task import Task
from ports.event_retention import SessionName

_PRIVATE = 0o700
_BEFORE_KEY = "@"  # `folder_name` never writes one itself


def session_folder(root: Path, session: SessionName) -> Path:
    owner = (folder_name(session.tenant), folder_name(session.owner))
    return root.joinpath(*owner, session_folder_name(session.session_id, session.session_key))


def made_session_folder(root: Path, task: Task, *below: str) -> Path:
    """Makes each folder on the path private: `mkdir` with `parents` would leave those above readable."""
    name = SessionName(
        session_key=task.session_key,
        tenant=task.principal.tenant,
        owner=task.principal.owner,
        session_id=task.session_id,
    )
    root.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    folder = root
    for part in (*session_folder(root, name).relative_to(root).parts, *below):
        folder /= part
        folder.mkdir(mode=_PRIVATE, exist_ok=True)
    return folder


def folder_name(name: str) -> str:
    """A different folder for each name, none of them outside the one it is put in."""
    quoted = quote(name, safe="")
    # `.` and `..` are other folders, and a leading dot would hide it.
    return f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted or "%"


def name_of(folder: str) -> str:
    return "" if folder == "%" else unquote(folder)


def session_folder_name(session_id: SessionId, key: SessionKey) -> str:
    """With the key, so that a later session with the same id gets another folder."""
    return f"{folder_name(session_id)}{_BEFORE_KEY}{key}"


def session_of(folder: str) -> tuple[SessionId, SessionKey] | None:
    """The session of a folder's name; None for a name that `session_folder_name` does not give."""
    name, _, key = folder.rpartition(_BEFORE_KEY)
    is_ours = bool(name) and key.isascii() and key.isdigit()
    return (SessionId(name_of(name)), SessionKey(int(key))) if is_ours else None
