"""The files of the data directory, and those that a sandbox hides."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrypoints.settings.data_directory import DataDirectory, secret_files
from entrypoints.settings.settings import load_settings


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    former = os.umask(request.param)
    yield
    os.umask(former)


@pytest.mark.usefixtures("umask")
def test_its_files_are_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path / "data")
    data.make()

    with data.owned():
        data.instance()

        assert {file.name: _mode(file) for file in data.path.iterdir()} == {
            "lock": 0o600,
            "instance": 0o600,
        }


def test_files_that_others_could_read_are_closed_to_them(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    (tmp_path / "lock").touch(mode=0o644)

    with data.owned():
        assert _mode(tmp_path / "lock") == 0o600


def _mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_settings_are_hidden_from_a_sandbox_where_the_server_was_started_and_where_its_file_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "own.toml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AGENTCAST_CONFIG", "config/own.toml")

    found = secret_files(load_settings(database_url="postgresql://h/d"))

    names = ("config/own.toml", ".env", "agentcast.toml", "config/.env", "config/agentcast.toml")
    assert found == [str(tmp_path / name) for name in names]


def test_a_database_is_hidden_from_a_sandbox_wherever_it_is(tmp_path: Path) -> None:
    found = secret_files(load_settings(database_url=f"sqlite:///{tmp_path}/events.db"))

    assert found[-4:] == [
        f"{tmp_path}/events.db{part}" for part in ("", "-wal", "-shm", "-journal")
    ]
