import os
from pathlib import Path

import pytest

from adapters.process.environment import marker_of, private_home, process_environment
from domain.errors import StartFailed
from domain.ids import TaskId
from ports.process import Command

SERVER = {
    "PATH": "/bin",
    "LANG": "C.UTF-8",
    "LC_TIME": "de_DE",
    "HOME": "/home/server",
    "OPENAI_API_KEY": "sk-server",
    "AGENTCAST_TASK_ID": "task_outer",
}
SETTINGS = ".agent/settings.json"


def test_only_listed_variables_and_those_that_are_asked_for_are_passed_on() -> None:
    command = Command(
        argv=("env",),
        cwd="/",
        task_id=TaskId("task_1"),
        pty=True,
        env={"LANG": "en_GB.UTF-8"},
        env_passthrough=("OPENAI_API_KEY", "NOT_SET"),
    )

    assert process_environment(command, server=SERVER, home="/tmp/home") == {
        "PATH": "/bin",
        "TERM": "xterm-256color",
        "PYTHONUNBUFFERED": "1",
        "HOME": "/tmp/home",
        "LANG": "en_GB.UTF-8",
        "LC_TIME": "de_DE",
        "OPENAI_API_KEY": "sk-server",
        "AGENTCAST_TASK_ID": "task_1",
    }


def test_a_command_may_choose_its_home_but_not_its_task() -> None:
    command = Command(
        argv=("env",),
        cwd="/",
        task_id=TaskId("task_1"),
        pty=False,
        env={"HOME": "/mine", "AGENTCAST_TASK_ID": "task_2"},
    )

    assert process_environment(command, server={}, home="/tmp/home") == {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "TERM": "dumb",
        "PYTHONUNBUFFERED": "1",
        "HOME": "/mine",
        "AGENTCAST_TASK_ID": "task_1",
    }


def test_the_marker_is_an_entry_of_the_environment() -> None:
    assert marker_of(TaskId("task_1")) == b"AGENTCAST_TASK_ID=task_1"


def _command(home: Path) -> Command:
    return Command(
        argv=("true",),
        cwd=str(home),
        task_id=TaskId("t1"),
        pty=False,
        home=str(home),
        home_files={SETTINGS: "{}"},
    )


async def test_a_link_that_an_earlier_task_left_in_its_home_is_replaced(tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    (home / ".agent").mkdir(parents=True)
    other.write_text("of somebody else")
    (home / SETTINGS).symlink_to(other)

    async with private_home(_command(home)):
        assert (home / SETTINGS).read_text() == "{}"
        assert other.read_text() == "of somebody else"


async def test_a_linked_folder_in_a_home_is_not_followed(tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other"
    home.mkdir()
    other.mkdir()
    (home / ".agent").symlink_to(other)

    with pytest.raises(StartFailed):
        async with private_home(_command(home)):
            pass

    assert list(other.iterdir()) == []


async def test_a_pipe_that_an_earlier_task_left_does_not_block(tmp_path: Path) -> None:
    (tmp_path / ".agent").mkdir()
    os.mkfifo(tmp_path / SETTINGS)

    async with private_home(_command(tmp_path)):
        assert (tmp_path / SETTINGS).read_text() == "{}"
        assert (tmp_path / SETTINGS).stat().st_mode & 0o777 == 0o600
