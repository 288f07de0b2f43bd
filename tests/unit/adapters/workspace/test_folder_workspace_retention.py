"""The end of session folders: nothing else is touched, and nothing that is in use is lost."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.workspace.folder_homes import FolderHomes
from adapters.workspace.folder_workspace_retention import FolderWorkspaceRetention
from domain.agent_profile import AgentProfile
from domain.ids import AgentName, SessionId, SessionKey
from ports.event_retention import SessionName
from tests.process_fakes import process_task
from tests.unit.adapters.workspace.checked_folders import workspaces_in

PROFILE = AgentProfile(name=AgentName("shell"), kind="shell")
KIB = 1024


async def folder_of(root: Path, session: SessionName, *, kib: int = 64) -> Path:
    task = replace(
        process_task("ls"), session_id=session.session_id, session_key=session.session_key
    )
    folder = Path(await workspaces_in(root).folder(task, PROFILE))
    (folder / "result").write_bytes(b"x" * kib * KIB)
    return folder


async def home_of(root: Path, session: SessionName) -> Path:
    task = replace(
        process_task("ls"), session_id=session.session_id, session_key=session.session_key
    )
    home = Path(await FolderHomes(root=root).folder(task, PROFILE))
    (home / "kept").write_bytes(b"x" * KIB)
    return home


def named(session_id: str, *, key: int = 1) -> SessionName:
    return SessionName(
        session_key=SessionKey(key),
        tenant="local",
        owner="local",
        session_id=SessionId(session_id),
    )


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


async def test_a_folder_goes_with_all_that_is_in_it(tmp_path: Path) -> None:
    retention = FolderWorkspaceRetention(roots=[tmp_path])
    folder, other = await folder_of(tmp_path, named("a")), await folder_of(tmp_path, named("b"))
    before = await retention.size()

    freed = await retention.remove(named("a"), is_unused=yes)

    assert (folder.exists(), (other / "result").exists()) == (False, True)
    assert (before, freed, await retention.size()) == (128 * KIB, 64 * KIB, 64 * KIB)


async def test_what_an_agent_kept_goes_with_the_workspace(tmp_path: Path) -> None:
    retention = FolderWorkspaceRetention(roots=[tmp_path / "work", tmp_path / "homes"])
    folder = await folder_of(tmp_path / "work", named("a"))
    home = await home_of(tmp_path / "homes", named("a"))

    sessions = await retention.sessions()
    await retention.remove(named("a"), is_unused=yes)

    assert sessions == [named("a")]
    assert (folder.exists(), home.exists()) == (False, False)


async def test_a_folder_that_is_in_use_by_then_is_put_back(tmp_path: Path) -> None:
    retention = FolderWorkspaceRetention(roots=[tmp_path])
    folder = await folder_of(tmp_path, named("a"))

    freed = await retention.remove(named("a"), is_unused=no)

    assert (freed, os.listdir(folder)) == (0, ["result"])


async def test_a_folder_is_put_back_when_its_use_cannot_be_found_out(tmp_path: Path) -> None:
    retention = FolderWorkspaceRetention(roots=[tmp_path])
    folder = await folder_of(tmp_path, named("a"))

    async def fail() -> bool:
        raise LookupError

    with pytest.raises(LookupError):
        await retention.remove(named("a"), is_unused=fail)

    assert os.listdir(folder) == ["result"]


async def test_what_a_link_points_at_stays(tmp_path: Path) -> None:
    retention = FolderWorkspaceRetention(roots=[tmp_path / "root"])
    folder = await folder_of(tmp_path / "root", named("a"))
    elsewhere = tmp_path / "precious"
    elsewhere.mkdir()
    (elsewhere / "file").touch()
    (folder / "link").symlink_to(elsewhere)
    (folder.parent / "b@1").symlink_to(elsewhere)

    await retention.remove(named("a"), is_unused=yes)
    await retention.remove(named("b"), is_unused=yes)

    assert os.listdir(elsewhere) == ["file"]
    assert os.listdir(folder.parent) == []


@pytest.mark.parametrize("session_id", ["..", ".", "../..", "", ".removed"])
async def test_no_name_leads_out_of_the_root(tmp_path: Path, session_id: str) -> None:
    retention = FolderWorkspaceRetention(roots=[tmp_path / "root"])
    folder = await folder_of(tmp_path / "root", named("a"))

    freed = await retention.remove(named(session_id), is_unused=yes)

    assert (freed, os.listdir(folder)) == (0, ["result"])


async def test_sessions_are_listed_the_least_recently_changed_first(
    tmp_path: Path,
) -> None:
    retention = FolderWorkspaceRetention(roots=[tmp_path])
    names = [named("b"), named("a:.1@7"), named("b", key=2)]
    for age, name in enumerate(names):
        os.utime(await folder_of(tmp_path, name), (age, age))

    (tmp_path / "local" / "local" / "of-a-person").mkdir()

    assert await retention.sessions() == names


async def test_without_a_root_there_is_nothing(tmp_path: Path) -> None:
    retention = FolderWorkspaceRetention(roots=[tmp_path / "none"])

    assert await retention.remove(named("a"), is_unused=yes) == 0
    assert (await retention.size(), await retention.sessions()) == (0, [])
    assert os.listdir(tmp_path) == []
