"""Files that change while tools are at work on them."""

import asyncio
from pathlib import Path

import anyio
import pytest

from adapters.tools.edit_file import EditFileTool
from adapters.tools.workspace_files import replace_file
from adapters.tools.workspace_path import pinned_folder, pinned_path, workspace_path
from tests.process_fakes import tool_context

MANY = 20


async def test_edits_that_are_made_side_by_side_all_last(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("".join(f"<{number}>\n" * 1000 for number in range(MANY)))

    async def edit(number: int) -> None:
        wanted = {"old_text": f"<{number}>", "new_text": f"[{number}]", "replace_all": True}
        await EditFileTool().call({"path": "a.txt", **wanted}, tool_context(str(tmp_path)))

    with anyio.fail_after(20):
        async with asyncio.TaskGroup() as group:
            for number in range(MANY):
                group.create_task(edit(number))

    assert "<" not in (tmp_path / "a.txt").read_text()


@pytest.mark.parametrize("create", [False, True])
def test_a_folder_that_became_a_link_is_not_followed(create: bool, tmp_path: Path) -> None:
    workspace, outside = tmp_path / "workspace", tmp_path / "outside"
    (workspace / "folder").mkdir(parents=True)
    outside.mkdir()
    path = workspace_path(str(workspace), "folder/secret.txt")
    (workspace / "folder").rmdir()
    (workspace / "folder").symlink_to(outside)

    with (
        pytest.raises(NotADirectoryError),
        pinned_path(str(workspace), path, create=create) as pinned,
    ):
        replace_file(pinned, b"x")

    assert list(outside.iterdir()) == []


def test_a_pinned_folder_stays_the_same(tmp_path: Path) -> None:
    workspace, outside = tmp_path / "workspace", tmp_path / "outside"
    (workspace / "folder").mkdir(parents=True)
    outside.mkdir()

    with pinned_folder(str(workspace), workspace / "folder") as folder:
        (workspace / "folder").rename(workspace / "moved")
        (workspace / "folder").symlink_to(outside)
        replace_file(folder / "a.txt", b"x")

    assert list(outside.iterdir()) == []
    assert (workspace / "moved" / "a.txt").read_bytes() == b"x"


def test_a_file_that_became_a_link_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("secret")
    outside.chmod(0o600)
    link = tmp_path / "a.txt"
    link.symlink_to(outside)

    replace_file(link, b"x")

    assert outside.read_text() == "secret"
    assert (link.read_text(), link.is_symlink(), link.stat().st_mode & 0o777) == (
        "x",
        False,
        0o644,
    )
