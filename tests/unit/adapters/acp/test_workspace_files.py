import os
from pathlib import Path

import pytest

from adapters.acp.messages import ProtocolError
from adapters.acp.workspace_files import WorkspaceFiles


def test_lines_are_counted_from_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1\n2\n3\n4\n")
    files = WorkspaceFiles(str(tmp_path))

    assert files.read("a", line=2, limit=2) == "2\n3\n"
    assert files.read("a", limit=1) == "1\n"
    assert files.read(str(tmp_path / "a"), line=4) == "4\n"


def test_a_file_is_replaced_through_a_link_within_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a").write_text("a long text")
    (tmp_path / "link").symlink_to("real")

    WorkspaceFiles(str(tmp_path)).write("link/a", "short")

    assert (tmp_path / "real" / "a").read_text() == "short"


@pytest.mark.parametrize("path", ["../out", "/etc/passwd", "link/out", ".", "", "a\0b"])
def test_a_path_outside_of_the_workspace_is_neither_read_nor_written(
    tmp_path: Path, path: str
) -> None:
    workspace = tmp_path / "work"
    workspace.mkdir()
    (tmp_path / "out").write_text("secret")
    (workspace / "link").symlink_to(tmp_path)
    files = WorkspaceFiles(str(workspace))

    with pytest.raises(ProtocolError):
        files.read(path)
    with pytest.raises(ProtocolError):
        files.write(path, "changed")

    assert (tmp_path / "out").read_text() == "secret"


def test_a_path_that_is_no_file_is_refused_without_blocking(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    files = WorkspaceFiles(str(tmp_path))

    for name in ("pipe", "folder", "loop", "missing"):
        with pytest.raises(ProtocolError):
            files.read(name)
    for name in ("pipe", "folder", "loop"):
        with pytest.raises(ProtocolError):
            files.write(name, "text")


def test_reading_a_folder_leaves_no_descriptor_open(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    files = WorkspaceFiles(str(tmp_path))
    before = os.listdir("/proc/self/fd")

    with pytest.raises(ProtocolError):
        files.read("folder")

    assert os.listdir("/proc/self/fd") == before


def test_only_a_line_feed_ends_a_line(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("1\x0c\u2028\r\n2\n3".encode())
    files = WorkspaceFiles(str(tmp_path))

    assert files.read("a", line=1, limit=1) == "1\x0c\u2028\r\n"
    assert files.read("a", line=2) == "2\n3"
