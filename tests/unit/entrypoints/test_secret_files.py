"""Which files of the server a sandbox hides."""

from pathlib import Path

import pytest

from entrypoints.settings import load_settings
from entrypoints.workspace_settings import secret_files


def test_settings_are_hidden_where_the_server_was_started_and_where_its_file_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "own.toml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AGENTCAST_CONFIG", "config/own.toml")

    found = secret_files(load_settings(database_url="postgresql://h/d"))

    names = ("config/own.toml", ".env", "agentcast.toml", "config/.env", "config/agentcast.toml")
    assert found == [str(tmp_path / name) for name in names]


def test_so_is_a_database_wherever_it_is(tmp_path: Path) -> None:
    found = secret_files(load_settings(database_url=f"sqlite:///{tmp_path}/events.db"))

    assert found[-4:] == [
        f"{tmp_path}/events.db{part}" for part in ("", "-wal", "-shm", "-journal")
    ]
