"""Folders that are deeper, larger or odder than anybody would make them."""

import os
from pathlib import Path

import pytest

from adapters.system.folder_trees import remove_tree, size_of_tree

DEPTH = 1050  # beyond what calls may be nested
NAME = "name"  # and with this, beyond what a path may be long
KIB = 1024


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    """With a file in each folder; there is no path to the lower ones."""
    folder = tmp_path / "deep"
    folder.mkdir()
    at = os.open(folder, os.O_RDONLY)
    for _ in range(DEPTH):
        file = os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=at)
        os.write(file, b"x")
        os.close(file)
        os.mkdir(NAME, dir_fd=at)
        below = os.open(NAME, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)
    return folder


def test_a_tree_of_any_depth_is_measured_and_removed(deep: Path) -> None:
    assert size_of_tree(deep) >= 500 * KIB

    remove_tree(deep)

    assert not deep.exists()
    assert size_of_tree(deep) == 0


def test_links_are_removed_and_what_they_lead_to_stays(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").write_bytes(b"x" * 64 * KIB)
    tree = tmp_path / "tree"
    (tree / "a/b").mkdir(parents=True)
    (tree / "a/b/link").symlink_to(tmp_path / "kept")
    (tree / "to file").symlink_to(tmp_path / "kept/file")
    os.mkfifo(tree / "a/pipe")

    size = size_of_tree(tree)
    remove_tree(tree)

    assert size < 64 * KIB
    assert not tree.exists()
    assert (tmp_path / "kept/file").stat().st_size == 64 * KIB


def test_a_link_in_the_place_of_the_tree_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "kept")

    remove_tree(tmp_path / "link")
    remove_tree(tmp_path / "nothing")

    assert (tmp_path / "kept/file").exists()


def test_folders_that_were_made_read_only_are_removed_too(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "a/b/c").mkdir(parents=True)
    (tree / "a/b/c/file").touch()
    for folder in ("a/b/c", "a/b", "a"):
        (tree / folder).chmod(0o555)

    remove_tree(tree)

    assert not tree.exists()


def test_many_folders_beside_each_other_are_removed(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for number in range(60):
        (tree / f"{number % 7}/{number}").mkdir(parents=True)

    remove_tree(tree)

    assert os.listdir(tmp_path) == []
