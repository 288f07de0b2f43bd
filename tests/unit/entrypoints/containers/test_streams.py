import resource
from pathlib import Path

from entrypoints.containers.streams import most_streams
from entrypoints.settings.settings import Settings


def test_streams_leave_one_descriptor_in_five_to_everything_else(tmp_path: Path) -> None:
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)

    assert most_streams(Settings(data_dir=tmp_path)) == descriptors * 4 // 5


def test_how_many_streams_there_may_be_can_be_set(tmp_path: Path) -> None:
    assert most_streams(Settings(data_dir=tmp_path, max_streams=7)) == 7
