"""A folder for each session under one root, closed to everybody else."""

from pathlib import Path

from adapters.workspace.folder_name import folder_name, session_folder_name
from domain.task import Task
from ports.event_retention import SessionName

_PRIVATE = 0o700


def session_folder(root: Path, session: SessionName) -> Path:
    owner = (folder_name(session.tenant), folder_name(session.owner))
    return root.joinpath(*owner, session_folder_name(session.session_id, session.session_key))


def made_session_folder(root: Path, task: Task, *below: str) -> Path:
    """Each folder on the way is made here, because `mkdir` leaves those above open."""
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
