"""Where credentials and the server's own things are, and that nobody works right there."""

import os
import socket
import tempfile
from pathlib import Path

import pytest

from adapters.process.hidden_places import (
    hidden_paths,
    private_folders,
    require_workspace,
    server_files,
    sockets_in_sight,
)
from domain.errors import StartFailed
from domain.forbidden_folders import lies_in


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home with a key, the server's data below it, and a session's folder in that."""
    folder = tmp_path / "home"
    (folder / ".ssh" / "keys").mkdir(parents=True)
    (folder / "data" / "workspaces" / "s").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder))
    return folder


def test_only_what_exists_is_hidden_and_where_it_really_is(home: Path) -> None:
    (home / "link").symlink_to("data")

    hidden = hidden_paths([f"{home}/link", f"{home}/data", f"{home}/missing"])

    assert hidden[:2] == (f"{home}/data", f"{home}/.ssh")
    assert f"{home}/missing" not in hidden
    assert len(hidden) == len(set(hidden))


def test_files_of_the_server_are_hidden_with_their_folders(home: Path) -> None:
    server = home.parent / "server"
    server.mkdir()
    (server / ".env").touch()
    (server / "agentcast.toml").touch()
    files = [f"{server}/.env", f"{server}/agentcast.toml", f"{server}/missing"]

    assert server_files(files, needed=[str(home)]) == (str(server),)


@pytest.mark.parametrize("needed", ["", "bin", "deep/bin"])
def test_a_folder_that_a_command_needs_something_in_is_spared(needed: str, home: Path) -> None:
    server = home.parent / "server"
    server.mkdir()
    (server / ".env").touch()

    hidden = server_files([f"{server}/.env"], needed=[str(server / needed)])

    assert hidden == (f"{server}/.env",)


def test_a_folder_that_everything_needs_is_spared(home: Path) -> None:
    for folder in (home, home.parent):
        (folder / ".env").touch()
        assert server_files([f"{folder}/.env"], needed=[]) == (f"{folder}/.env",)
    assert server_files(["/etc/passwd"], needed=[]) == ("/etc/passwd",)


def test_a_file_is_hidden_where_it_really_is(home: Path) -> None:
    server = home.parent / "server"
    server.mkdir()
    (server / "keys").touch()
    (home / ".env").symlink_to(server / "keys")

    assert server_files([f"{home}/.env"], needed=[]) == (str(server),)


def test_sockets_are_in_sight_where_they_are_bound(tmp_path: Path) -> None:
    path = tmp_path / "a socket"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        assert str(path) in set(sockets_in_sight())
        path.unlink()
        assert str(path) not in set(sockets_in_sight())
        path.touch()
        assert str(path) not in set(sockets_in_sight())


def test_private_are_the_folders_of_sockets_and_of_passing_things(tmp_path: Path) -> None:
    private = private_folders({"XDG_RUNTIME_DIR": str(tmp_path)})

    assert {"/tmp", "/run", str(tmp_path), os.path.realpath(tempfile.gettempdir())} == set(private)


@pytest.mark.parametrize("name", ["", "data/workspaces/s", "elsewhere"])
def test_a_command_may_work_around_what_is_hidden_and_in_a_sessions_folder(
    home: Path, name: str
) -> None:
    require_workspace(str(home / name), server_folders=[f"{home}/data"])


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/", "whole machine"),
        ("/run", "sockets"),
        ("/proc/self", "kernel"),
        ("/dev", "kernel"),
        ("data", "server's own folder"),
        (".ssh", "credentials"),
        (".ssh/keys", "credentials"),
    ],
)
def test_a_command_may_not_work_right_where_something_is_hidden(
    home: Path, name: str, reason: str
) -> None:
    with pytest.raises(StartFailed, match=f"in a sandbox: .*{reason}"):
        require_workspace(str(home / name), server_folders=[f"{home}/data"])


def test_a_path_lies_in_itself_and_in_what_is_around_it() -> None:
    assert lies_in("/a/b", "/a/b")
    assert lies_in("/a/b", "/a")
    assert lies_in("/a/b", "/")
    assert not lies_in("/a/bc", "/a/b")
    assert not lies_in("/a", "/a/b")
