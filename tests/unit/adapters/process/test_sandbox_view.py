"""What a command sees of folders that are hidden from it, and which sockets it does not."""

import os
import socket
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.process.bubblewrap import SandboxPlan
from adapters.process.sandbox_view import (
    SandboxView,
    named_paths,
    program_paths,
    reachable_sockets,
    shared_folders,
    shown_in,
)
from domain.errors import StartFailed
from domain.ids import TaskId
from ports.process import Command

COMMAND = Command(argv=("agent",), cwd="/", task_id=TaskId("task_1"), pty=False)


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


def test_a_folder_is_shared_by_its_path_or_by_the_variable_that_names_it(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    wished = (f"{tmp_path}/one", "$AGENT_HOME", "$UNSET", "/no/such/folder")
    command = replace(COMMAND, shared_folders=wished)

    shared = shared_folders(command, {"AGENT_HOME": f"{tmp_path}/two"})

    assert shared == (f"{tmp_path}/one", f"{tmp_path}/two")


def test_programs_in_a_hidden_folder_are_seen_with_all_that_lies_beside_them(
    tmp_path: Path,
) -> None:
    program = tmp_path / "node_modules" / "tool" / "main.js"
    program.parent.mkdir(parents=True)
    program.touch()
    other = ["/usr/bin/agent"]

    in_path = program_paths(COMMAND, other, {"PATH": f"/usr/bin:{program.parent}"})
    called = program_paths(COMMAND, [str(program)], {"PATH": "/usr/bin"})
    profile = replace(COMMAND, shown_paths=("node", "--flag", str(program)))
    named = program_paths(profile, other, {"PATH": "/usr/bin"})

    for paths in (in_path, called, named):
        assert set(shown_in(str(tmp_path), paths)) == {f"{tmp_path}/node_modules"}


def test_a_link_to_a_program_is_seen_with_what_it_leads_to(tmp_path: Path) -> None:
    for name in ("bin", "lib"):
        (tmp_path / name).mkdir()
    (tmp_path / "lib" / "tool").touch()
    (tmp_path / "bin" / "tool").symlink_to("../lib/tool")

    paths = program_paths(COMMAND, [f"{tmp_path}/bin/tool"], {"PATH": "/usr/bin"})

    assert set(shown_in(str(tmp_path), paths)) == {f"{tmp_path}/bin", f"{tmp_path}/lib"}


def test_what_a_task_names_is_not_shown_for_that(tmp_path: Path) -> None:
    paths = program_paths(COMMAND, ["/bin/sh", "-c", str(tmp_path)], {"PATH": "/usr/bin:tmp"})

    assert list(shown_in("/tmp", paths)) == []
    assert list(shown_in("/tmp", ["/tmp", "/tmpx/y", "/usr"])) == []


def test_variables_of_the_profile_name_paths(tmp_path: Path) -> None:
    command = replace(COMMAND, env={"A": f"{tmp_path}:/missing", "B": "word"})

    assert named_paths(command) == (str(tmp_path),)


def test_sockets_are_reached_where_they_are(tmp_path: Path) -> None:
    path = tmp_path / "s"
    (tmp_path / "link").symlink_to("s")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        command = replace(COMMAND, sockets=(f"{tmp_path}/link", "/tmp", "/tmp/"))

        assert reachable_sockets(command) == [str(path)]


@pytest.mark.parametrize("name", ["missing", "file", ""])
def test_what_is_no_socket_is_not_taken_for_one(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    command = replace(COMMAND, sockets=(f"{tmp_path}/{name}",))

    with pytest.raises(StartFailed, match="there is no socket"):
        reachable_sockets(command)
