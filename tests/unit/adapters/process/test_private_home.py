import os
from pathlib import Path

import pytest

from adapters.process.private_home import private_home
from domain.errors import StartFailed
from domain.ids import TaskId
from ports.process import Command

SETTINGS = ".agent/settings.json"


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


async def test_a_pipe_that_an_earlier_task_left_holds_nothing_up(tmp_path: Path) -> None:
    (tmp_path / ".agent").mkdir()
    os.mkfifo(tmp_path / SETTINGS)

    async with private_home(_command(tmp_path)):
        assert (tmp_path / SETTINGS).read_text() == "{}"
        assert (tmp_path / SETTINGS).stat().st_mode & 0o777 == 0o600
