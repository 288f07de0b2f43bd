"""What a command sees of folders that are hidden from it, and which sockets it does not."""

import os
import socket
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.process.bubblewrap import SandboxPlan
from adapters.process.sandbox_view import SandboxView
from domain.ids import TaskId
from ports.process import Command


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A folder in whose place a sandbox has an empty one."""
    folder = tmp_path / "runtime"
    for name in ("work", "home", "shared", "tools/bin", "other"):
        (folder / name).mkdir(parents=True)
    return folder


@pytest.fixture
def bound(private: Path) -> Iterator[Collection[str]]:
    """A socket in each folder in it."""
    paths = [str(folder / "s") for folder in private.iterdir()]
    sockets = [socket.socket(socket.AF_UNIX) for _ in paths]
    for one, path in zip(sockets, paths, strict=True):
        one.bind(path)
    yield paths
    for one in sockets:
        one.close()


def test_sockets_are_hidden_in_all_that_is_shown_of_a_private_folder(
    private: Path, bound: Collection[str]
) -> None:
    hidden = _hidden(_command(private), private)

    assert set(bound) & hidden == set(bound) - {f"{private}/other/s"}


def test_a_workspace_that_is_a_private_folder_shows_no_socket_of_it(
    private: Path, bound: Collection[str]
) -> None:
    assert set(bound) <= _hidden(replace(_command(private), cwd=str(private)), private)


def test_links_to_programs_stay_links_in_a_private_folder_that_is_the_workspace(
    private: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (private / "link").symlink_to(tmp_path / "elsewhere")
    inside, around = (replace(_command(private), cwd=f"{private}{name}") for name in ("/work", ""))

    assert f"{private}/link" in _plan(inside, private, programs=f"{private}/link").readable
    assert f"{private}/link" not in _plan(around, private, programs=f"{private}/link").readable


def test_a_socket_that_is_named_is_not_hidden_in_the_workspace(
    private: Path, bound: Collection[str]
) -> None:
    command = replace(_command(private), sockets=(f"{private}/work/s",))

    assert set(bound) & _hidden(command, private) == set(bound) - {
        f"{private}/other/s",
        f"{private}/work/s",
    }


def test_what_lies_in_a_hidden_folder_is_not_hidden_once_more(
    private: Path, bound: Collection[str]
) -> None:
    hidden = _hidden(
        replace(_command(private), cwd=str(private)), private, hidden_folders=[f"{private}/other"]
    )

    assert f"{private}/other" in hidden
    assert set(bound) & hidden == set(bound) - {f"{private}/other/s"}


def test_what_is_hidden_is_hidden_by_the_link_that_shows_it_too(
    private: Path, tmp_path: Path
) -> None:
    for name in ("bin", "data"):
        (tmp_path / "elsewhere" / name).mkdir(parents=True)
    (private / "link").symlink_to(tmp_path / "elsewhere")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{tmp_path}/elsewhere/s")

        hidden = _hidden(
            _command(private),
            private,
            hidden_folders=[f"{tmp_path}/elsewhere/data"],
            programs=f"{private}/link/bin",
        )

    assert {f"{private}/link/s", f"{private}/link/data"} <= hidden


def _command(private: Path) -> Command:
    return Command(
        argv=("/bin/true",),
        cwd=str(private / "work"),
        task_id=TaskId("task_1"),
        pty=False,
        shared_folders=(str(private / "shared"),),
        sockets=("/tmp",),
    )


def _hidden(
    command: Command,
    private: Path,
    *,
    hidden_folders: Collection[str] = (),
    programs: str | None = None,
) -> set[str]:
    return set(_plan(command, private, hidden_folders=hidden_folders, programs=programs).hidden)


def _plan(
    command: Command,
    private: Path,
    *,
    hidden_folders: Collection[str] = (),
    programs: str | None = None,
) -> SandboxPlan:
    view = SandboxView(
        hidden_folders=list(hidden_folders),
        secret_files=(),
        environment={"XDG_RUNTIME_DIR": str(private)},
    )
    path = os.pathsep.join(("/usr/bin", programs or f"{private}/tools/bin"))
    environment = {"PATH": path, "HOME": str(private / "home")}
    return view.plan(command, command.argv, environment, has_sockets=True)
