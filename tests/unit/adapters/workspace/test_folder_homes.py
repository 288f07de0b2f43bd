"""The HOME folders that agents keep for a session, and the note that one is set up."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.workspace.folder_homes import FolderHomes
from domain.agent_profile import AgentProfile
from domain.errors import StartFailed
from domain.ids import AgentName, SessionId, SessionKey
from tests.process_fakes import process_task

TASK = process_task("hi")
OTHER = replace(TASK, session_id=SessionId("t"), session_key=SessionKey(2))
PROFILE = AgentProfile(
    name=AgentName("x"), kind="command", setup_argv=("login", "--key", "canary-secret")
)


async def test_a_home_is_set_up_once_for_its_agent_and_session(tmp_path: Path) -> None:
    homes = FolderHomes(root=tmp_path / "homes")
    before = await homes.is_set_up(TASK, PROFILE)

    await homes.note_set_up(TASK, PROFILE)

    assert not before
    assert await FolderHomes(root=tmp_path / "homes").is_set_up(TASK, PROFILE)
    assert not await homes.is_set_up(OTHER, PROFILE)
    assert not await homes.is_set_up(TASK, replace(PROFILE, name=AgentName("y")))


async def test_a_home_is_set_up_again_for_another_command(tmp_path: Path) -> None:
    homes = FolderHomes(root=tmp_path)
    await homes.note_set_up(TASK, PROFILE)
    changed = replace(PROFILE, setup_argv=("login",))

    assert not await homes.is_set_up(TASK, changed)
    await homes.note_set_up(TASK, changed)
    assert await homes.is_set_up(TASK, changed)


async def test_the_note_lies_beside_the_home_and_holds_nothing_of_the_command(
    tmp_path: Path,
) -> None:
    homes = FolderHomes(root=tmp_path)
    home = Path(await homes.folder(TASK, PROFILE))

    await homes.note_set_up(TASK, PROFILE)

    [note] = _files_in(tmp_path)
    assert note.parent == home.parent
    assert "canary" not in note.read_text()


async def test_a_place_that_cannot_be_written_to_is_why_an_agent_cannot_start(
    tmp_path: Path,
) -> None:
    (tmp_path / "homes").write_text("no folder")
    homes = FolderHomes(root=tmp_path / "homes")

    with pytest.raises(StartFailed, match="cannot keep a home"):
        await homes.note_set_up(TASK, PROFILE)


def _files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
