"""Where credentials and the server's own things are, and that nobody works right there."""

from pathlib import Path

import pytest

from adapters.process.hidden_places import hidden_paths, lies_in, require_workspace
from domain.errors import StartFailed


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


@pytest.mark.parametrize("name", ["", "data/workspaces/s", "elsewhere"])
def test_a_command_may_work_around_what_is_hidden_and_in_a_sessions_folder(
    home: Path, name: str
) -> None:
    require_workspace(str(home / name), server_folders=[f"{home}/data"])


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/", "whole machine"),
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
