import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.workspace.session_folder import (
    folder_name,
    name_of,
    session_folder_name,
    session_of,
)
from domain.agent_profile import AgentProfile
from domain.errors import StartFailed
from domain.ids import AgentName, SessionId, SessionKey
from domain.principal import Principal
from tests.process_fakes import process_task
from tests.unit.adapters.workspace.checked_folders import workspaces_in

PROFILE = AgentProfile(name=AgentName("shell"), kind="shell")
TASK = process_task("ls")


async def test_each_session_of_each_owner_has_a_private_folder(tmp_path: Path) -> None:
    workspaces = workspaces_in(tmp_path / "root")
    other = Principal(tenant="local", owner="other", name="other")

    mine = await workspaces.folder(TASK, PROFILE)
    theirs = await workspaces.folder(replace(TASK, principal=other), PROFILE)

    assert mine == f"{tmp_path}/root/local/local/s@1"
    assert theirs == f"{tmp_path}/root/local/other/s@1"
    folders = [tmp_path / "root", *(tmp_path / "root").rglob("*")]
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}


async def test_a_session_keeps_its_folder(tmp_path: Path) -> None:
    workspaces = workspaces_in(tmp_path)

    assert await workspaces.folder(TASK, PROFILE) == await workspaces.folder(TASK, PROFILE)


async def test_a_later_session_with_the_same_id_starts_with_an_empty_folder(
    tmp_path: Path,
) -> None:
    workspaces = workspaces_in(tmp_path)
    later = replace(TASK, session_key=SessionKey(2))

    assert await workspaces.folder(TASK, PROFILE) == f"{tmp_path}/local/local/s@1"
    assert await workspaces.folder(later, PROFILE) == f"{tmp_path}/local/local/s@2"


@pytest.mark.parametrize(
    ("task", "profile", "fixed", "name"),
    [
        ("task", "profile", "fixed", "task"),
        (None, "profile", "fixed", "profile"),
        (None, None, "fixed", "fixed"),
    ],
)
async def test_the_task_chooses_before_the_agent_and_the_agent_before_the_server(
    tmp_path: Path, task: str | None, profile: str | None, fixed: str, name: str
) -> None:
    workspaces = workspaces_in(tmp_path / "root", fixed=f"{tmp_path}/{fixed}")

    folder = await workspaces.folder(
        replace(TASK, workspace=task and f"{tmp_path}/{task}"),
        replace(PROFILE, workspace=profile and f"{tmp_path}/{profile}"),
    )

    assert folder == f"{tmp_path}/{name}"
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("session_id", ["..", ".", "a/../..", "/etc", "a:b.c"])
async def test_no_session_leads_out_of_its_owners_folder(tmp_path: Path, session_id: str) -> None:
    workspaces = workspaces_in(tmp_path)

    folder = await workspaces.folder(replace(TASK, session_id=SessionId(session_id)), PROFILE)

    resolved = Path(folder).resolve()  # noqa: ASYNC240
    assert str(resolved) == folder
    assert resolved.parent == tmp_path / "local" / "local"


@pytest.mark.parametrize(
    ("named", "reason"),
    [("file/below", "it is not a folder"), ("x" * 300, "File name too long")],
)
async def test_a_folder_that_cannot_be_had_is_named(
    named: str, reason: str, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    workspaces = workspaces_in(tmp_path / "root", fixed=f"{tmp_path}/{named}")

    with pytest.raises(StartFailed, match=f"{named}': {reason}"):
        await workspaces.folder(TASK, PROFILE)


@given(st.text(max_size=20))
def test_a_folders_name_can_be_read_back_and_is_one_plain_part(name: str) -> None:
    folder = folder_name(name)

    assert name_of(folder) == name
    assert folder not in ("", ".", "..")
    assert not set(folder) & {"/", "\0"}


@given(st.text(max_size=20), st.integers(min_value=1, max_value=2**63 - 1))
def test_the_name_of_a_folder_names_its_session(name: str, key: int) -> None:
    folder = session_folder_name(SessionId(name), SessionKey(key))

    assert session_of(folder) == (name, key)
