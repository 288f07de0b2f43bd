"""What a sandboxed command sees and may write to outside of its workspace."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.process.shared_folders import (
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
