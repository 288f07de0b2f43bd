"""Removes the folders that `FolderWorkspaces` has made, and nothing that lies elsewhere."""

import asyncio
import logging
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from adapters.workspace.folder_name import folder_name, name_of
from domain.ids import SessionId
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
        names = (session.tenant, session.owner, session.session_id)
        return self._root.joinpath(*map(folder_name, names))

    def _sessions(self) -> Sequence[SessionName]:
        folders = [folder for folder in self._root.glob("*/*/*") if folder.parts[-3] != _ASIDE]
        return [
            SessionName(
                tenant=name_of(folder.parts[-3]),
                owner=name_of(folder.parts[-2]),
                session_id=SessionId(name_of(folder.name)),
            )
            for folder in sorted(folders, key=_changed_at)
        ]

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
