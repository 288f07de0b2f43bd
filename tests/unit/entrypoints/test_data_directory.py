"""The files of the data directory."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrypoints.data_directory import DataDirectory


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
