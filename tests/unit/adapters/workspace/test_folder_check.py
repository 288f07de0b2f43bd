"""Which folders tasks may work in, whoever runs the server."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.workspace.folder_check import FolderCheck
from adapters.workspace.session_folder import made_session_folder
from domain.agent_profile import AgentProfile
from domain.errors import InvalidInput, StartFailed
from domain.ids import AgentName, SessionKey
from domain.principal import Principal
from domain.task import Task
from tests.process_fakes import process_task
from tests.unit.adapters.workspace.checked_folders import check_of, workspaces_in

PROFILE = AgentProfile(name=AgentName("shell"), kind="shell")
TASK = process_task("ls")
BOB = Principal(tenant="local", owner="bob", name="bob")
NEW_TASK = replace(TASK, session_key=SessionKey(0))


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """With the homes of two users, the data of a server in one of them, and a place for projects."""
    for folder in (
        "home/ann/.ssh",
        "home/ann/.config/gcloud",
        "home/ann/project",
        "home/ann/.local/share/agentcast/workspaces",
        "home/ann/.local/share/agentcast/output",
        "home/bob",
        "srv/app",
        "var/db",
    ):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "var/db/agentcast.db").touch()
    users = [f"{name}:x:1:1::{tmp_path}/home/{name}:/bin/sh" for name in ("ann", "bob", "gone")]
    (tmp_path / "passwd").write_text("\n".join([*users, "no:x:1:1::/:/bin/sh", "not a user", ""]))
    return tmp_path


def folder_check(machine: Path) -> FolderCheck:
    data = machine / "home/ann/.local/share/agentcast"
    return FolderCheck(
        data=data,
        workspaces=data / "workspaces",
        database=machine / "var/db/agentcast.db",
        passwd=machine / "passwd",
        home=f"{machine}/home/ann",
    )


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("home/ann", "it is a home directory"),
        ("home/bob", "it is a home directory"),
        ("home", "a home directory is within it"),
        ("home/../home/bob/.", "it is a home directory"),
        ("home/ann/.ssh", "it is a folder of credentials"),
        ("home/ann/.ssh/deep/er", "it is within a folder of credentials"),
        ("home/bob/.aws", "it is a folder of credentials"),
        ("home/ann/.config", "a folder of credentials is within it"),
        ("home/ann/.local/share/agentcast", "it is the server's data"),
        ("home/ann/.local/share/agentcast/output", "it is within the server's data"),
        ("home/ann/.local/share/agentcast/workspaces", "it is within the server's data"),
        ("home/ann/.local/share", "the server's data is within it"),
        ("var/db", "the server's database is within it"),
    ],
)
@pytest.mark.parametrize("is_linked", [False, True])
def test_a_folder_that_would_show_too_much_is_refused_by_reason(
    folder: str, reason: str, is_linked: bool, machine: Path
) -> None:
    named = machine / folder
    if is_linked:
        (machine / "srv/link").symlink_to(named)
        named = machine / "srv/link"

    with pytest.raises(InvalidInput, match=f"cannot work in .*: {reason}$") as refused:
        folder_check(machine).real(str(named))

    assert refused.value.field == "workspace"


@pytest.mark.parametrize(
    "folder", ["/", "/proc", "/proc/self/root", "/sys/kernel", "/dev", "/etc", "/etc/ssh", "//"]
)
def test_nor_may_the_machine_itself_be_one(folder: str, machine: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot work in"):
        folder_check(machine).real(folder)


@pytest.mark.parametrize(
    "folder",
    [
        "home/ann/project",
        "home/ann/project/not/there/yet",
        "home/ann/.local/share/agentcast2",
        "home/ann/.sshd",
        "home/bob/.config",
        "home/annika",
        "home/gone",
        "srv",
        "srv/app",
        "var/db/below",
    ],
)
def test_any_other_folder_will_do(folder: str, machine: Path) -> None:
    assert folder_check(machine).real(f"{machine}/{folder}") == f"{machine}/{folder}"


def test_a_path_that_is_none_is_refused(machine: Path) -> None:
    with pytest.raises(InvalidInput, match="is no path of a folder"):
        folder_check(machine).real("/srv/a\0b")


@pytest.mark.parametrize("named", ["notes", "link", "notes/below"])
async def test_what_is_or_lies_in_a_file_is_refused_before_the_work_begins(
    named: str, tmp_path: Path
) -> None:
    (tmp_path / "notes").touch()
    (tmp_path / "link").symlink_to("notes")
    folder = f"{tmp_path}/{named}"
    workspaces = workspaces_in(tmp_path / "data")

    for profile, task in (
        (PROFILE, replace(TASK, workspace=folder)),
        (replace(PROFILE, workspace=folder), None),
    ):
        with pytest.raises(
            InvalidInput, match=r"cannot work in .*: it is not a folder$"
        ) as refused:
            await workspaces.check(profile, task)
        assert refused.value.field == "workspace"


@pytest.mark.parametrize("asks", [TASK, NEW_TASK], ids=["a session", "a session to be made"])
def test_a_session_may_name_its_own_folder_and_no_others(asks: Task, tmp_path: Path) -> None:
    mine = made_session_folder(tmp_path / "w", TASK)
    others = made_session_folder(tmp_path / "w", replace(TASK, principal=BOB))
    (mine / "out").symlink_to(others)
    check = check_of(tmp_path / "w", data=tmp_path)

    assert check.real(str(mine), asks) == str(mine)
    assert check.real(f"{mine}/below", asks) == f"{mine}/below"
    for folder in (others, mine.parent, mine / "out", mine.parent / "t@1", mine.parent / "s"):
        with pytest.raises(InvalidInput, match="within the server's data"):
            check.real(str(folder), asks)


def test_parts_of_the_data_that_were_moved_to_another_disk_are_closed_as_well(
    tmp_path: Path,
) -> None:
    (tmp_path / "disk/w").mkdir(parents=True)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/w").symlink_to(tmp_path / "disk/w")
    mine = made_session_folder(tmp_path / "disk/w", TASK)
    check = check_of(tmp_path / "data/w", data=tmp_path / "data")

    assert check.real(str(mine), TASK) == str(mine)
    for folder in ("disk/w", "disk/w/local/local/t@1", "disk"):
        with pytest.raises(InvalidInput, match="the server's data"):
            check.real(f"{tmp_path}/{folder}", TASK)


def test_an_earlier_session_of_the_same_name_is_another_one(tmp_path: Path) -> None:
    mine = made_session_folder(tmp_path, TASK)

    with pytest.raises(InvalidInput, match="within the server's data"):
        check_of(tmp_path).real(str(mine), replace(TASK, session_key=SessionKey(2)))


async def test_a_link_that_was_swapped_since_is_judged_again_when_the_work_begins(
    tmp_path: Path,
) -> None:
    (tmp_path / "project").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "project")
    workspaces = workspaces_in(tmp_path / "data")
    task = replace(TASK, workspace=str(link))

    await workspaces.check(PROFILE, task)
    assert await workspaces.folder(task, PROFILE) == f"{tmp_path}/project"
    link.unlink()
    link.symlink_to("/")
    with pytest.raises(StartFailed, match=r"cannot work in .*link': it is the whole machine"):
        await workspaces.folder(task, PROFILE)


async def test_a_link_in_the_place_of_a_sessions_folder_is_not_followed(tmp_path: Path) -> None:
    workspaces = workspaces_in(tmp_path / "w")
    folder = await workspaces.folder(TASK, PROFILE)
    (tmp_path / "elsewhere").mkdir()
    os.rmdir(folder)
    os.symlink(tmp_path / "elsewhere", folder)

    with pytest.raises(StartFailed, match="a link has taken its place"):
        await workspaces.folder(TASK, PROFILE)


async def test_the_folder_of_an_agent_and_of_the_server_are_judged_as_well(tmp_path: Path) -> None:
    of_server = workspaces_in(tmp_path / "data", fixed=str(tmp_path))

    with pytest.raises(InvalidInput, match="server's data is within it"):
        await of_server.check(PROFILE)
    with pytest.raises(InvalidInput, match="the whole machine"):
        await of_server.check(replace(PROFILE, workspace="/"), TASK)
    await of_server.check(replace(PROFILE, workspace=f"{tmp_path}/x"), TASK)
    await workspaces_in(tmp_path / "data").check(PROFILE, TASK)
    assert os.listdir(tmp_path) == []
