"""Removes the folders that `FolderWorkspaces` has made, and nothing that lies elsewhere."""

import asyncio
import logging
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from adapters.workspace.folder_name import (
    folder_name,
    name_of,
    session_folder_name,
    session_of,
)
from ports.event_retention import SessionName

log = logging.getLogger(__name__)

_PRIVATE = 0o700
# No owner's folder can have this name: `folder_name` begins none with a dot.
_ASIDE = ".removed"
_BLOCK_BYTES = 512


class FolderWorkspaceRetention:
    """At most one caller at a time; of what another one had set aside, nothing is left."""

    def __init__(self, *, root: Path) -> None:
        self._root = root

    async def size(self) -> int:
        return await asyncio.to_thread(_size, self._root)

    async def sessions(self) -> Sequence[SessionName]:
        return await asyncio.to_thread(self._sessions)

    async def remove(
        self, session: SessionName, *, is_unused: Callable[[], Awaitable[bool]]
    ) -> int:
        folder = self._folder(session)
        aside = await asyncio.to_thread(self._set_aside, folder)
        if aside is None:
            return 0
        is_to_go = False
        try:
            is_to_go = await is_unused()
        finally:
            if not is_to_go:
                _put_back(aside, folder)
        return await asyncio.to_thread(self._destroy_aside) if is_to_go else 0

    def _folder(self, session: SessionName) -> Path:
        owner = (folder_name(session.tenant), folder_name(session.owner))
        return self._root.joinpath(
            *owner, session_folder_name(session.session_id, session.session_key)
        )

    def _sessions(self) -> Sequence[SessionName]:
        folders = [folder for folder in self._root.glob("*/*/*") if folder.parts[-3] != _ASIDE]
        named = map(_session_of, sorted(folders, key=_changed_at))
        return [session for session in named if session is not None]

    def _set_aside(self, folder: Path) -> Path | None:
        """Moved, not copied: a process that works in it goes on working in it."""
        if not os.path.lexists(folder):
            return None
        self._destroy_aside()
        try:
            (self._root / _ASIDE).mkdir(mode=_PRIVATE, exist_ok=True)
            aside = Path(tempfile.mkdtemp(dir=self._root / _ASIDE)) / "folder"
            folder.rename(aside)
        except OSError as error:
            log.warning("the folder of a session cannot be removed: %s", error)
            return None
        return aside

    def _destroy_aside(self) -> int:
        """Links are removed, never followed."""
        everything = self._root / _ASIDE
        size = _size(everything)
        shutil.rmtree(everything, ignore_errors=True)
        return size - _size(everything)


def _session_of(folder: Path) -> SessionName | None:
    if (session := session_of(folder.name)) is None:
        return None
    session_id, session_key = session
    tenant, owner = map(name_of, folder.parts[-3:-1])
    return SessionName(session_key=session_key, tenant=tenant, owner=owner, session_id=session_id)


def _put_back(aside: Path, folder: Path) -> None:
    # A folder that was made anew meanwhile has won: the old one stays aside, and goes.
    if not folder.exists():
        aside.rename(folder)


def _changed_at(folder: Path) -> float:
    try:
        return folder.lstat().st_mtime
    except OSError:
        return 0.0


def _size(folder: Path) -> int:
    """What it takes on the disk, however long its sparse files pretend to be."""
    total = 0
    for parent, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.lstat(os.path.join(parent, name)).st_blocks * _BLOCK_BYTES
            except OSError:
                continue
    return total
