"""Removes the folders that were made for sessions, and nothing outside them."""

import asyncio
import logging
import os
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from adapters.system.folder_trees import remove_tree, size_of_tree
from adapters.workspace.session_folder import name_of, session_folder, session_of
from ports.event_retention import SessionName

log = logging.getLogger(__name__)

_PRIVATE = 0o700
# No owner's folder can have this name: `folder_name` gives none with a leading dot.
_ASIDE = ".removed"


class FolderWorkspaceRetention:
    """For one caller at a time: each removes whatever an earlier one has left set aside.

    A session may have a folder under each of the roots.
    """

    def __init__(self, *, roots: Sequence[Path]) -> None:
        self._roots = roots

    async def size(self) -> int:
        return sum([await asyncio.to_thread(size_of_tree, root) for root in self._roots])

    async def sessions(self) -> Sequence[SessionName]:
        return await asyncio.to_thread(self._sessions)

    async def remove(
        self, session: SessionName, *, is_unused: Callable[[], Awaitable[bool]]
    ) -> int:
        removed = [await _remove(root, session, is_unused=is_unused) for root in self._roots]
        return sum(removed)

    def _sessions(self) -> Sequence[SessionName]:
        folders = [
            folder
            for root in self._roots
            for folder in root.glob("*/*/*")
            if folder.parts[-3] != _ASIDE
        ]
        named = map(_session_of, sorted(folders, key=_changed_at))
        return list(dict.fromkeys(session for session in named if session is not None))


async def _remove(
    root: Path, session: SessionName, *, is_unused: Callable[[], Awaitable[bool]]
) -> int:
    folder = session_folder(root, session)
    aside = await asyncio.to_thread(_set_aside, root, folder)
    if aside is None:
        return 0
    is_removable = False
    try:
        is_removable = await is_unused()
    finally:
        if not is_removable:
            _put_back(aside, folder)
    return await asyncio.to_thread(_destroy_aside, root) if is_removable else 0


def _set_aside(root: Path, folder: Path) -> Path | None:
    """Moved, not copied: a process that works in it keeps working in it."""
    if not os.path.lexists(folder):
        return None
    _destroy_aside(root)
    try:
        (root / _ASIDE).mkdir(mode=_PRIVATE, exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=root / _ASIDE)) / "folder"
        folder.rename(aside)
    except OSError as error:
        log.warning("the folder of a session cannot be removed: %s", error)
        return None
    return aside


def _destroy_aside(root: Path) -> int:
    """Links are removed, never followed."""
    everything = root / _ASIDE
    size = size_of_tree(everything)
    remove_tree(everything)
    return size - size_of_tree(everything)


def _session_of(folder: Path) -> SessionName | None:
    if (session := session_of(folder.name)) is None:
        return None
    session_id, session_key = session
    tenant, owner = map(name_of, folder.parts[-3:-1])
    return SessionName(session_key=session_key, tenant=tenant, owner=owner, session_id=session_id)


def _put_back(aside: Path, folder: Path) -> None:
    # If a new folder was made meanwhile, the old one stays aside and is removed later.
    if not folder.exists():
        aside.rename(folder)


def _changed_at(folder: Path) -> float:
    try:
        return folder.lstat().st_mtime
    except OSError:
        return 0.0
