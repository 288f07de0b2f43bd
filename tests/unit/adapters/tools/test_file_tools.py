import os
from pathlib import Path

import anyio
import pytest

from adapters.tools.list_directory import ListDirectoryTool
from adapters.tools.read_file import ReadFileTool
from adapters.tools.search_files import SearchFilesTool
from adapters.tools.write_file import WriteFileTool
from domain.errors import ToolError
from ports.tool import Tool, ToolResult
from tests.patience import PATIENCE_S
from tests.process_fakes import tool_context


async def _call(tool: Tool, workspace: Path, **arguments: object) -> ToolResult:
    with anyio.fail_after(PATIENCE_S):
        return await tool.call(arguments, tool_context(str(workspace)))


async def test_a_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("größe\nzwei\n")

    assert await _call(ReadFileTool(), tmp_path, path="a.txt") == ToolResult(
        content="größe\nzwei\n"
    )


@pytest.mark.parametrize(
    ("first_line", "max_lines", "content"),
    [(2, 2, "2\n3\n"), (1, 1, "1\n"), (4, None, "4\n"), (9, 3, "")],
)
async def test_some_lines_of_a_file_can_be_read(
    tmp_path: Path, first_line: int, max_lines: int | None, content: str
) -> None:
    (tmp_path / "a.txt").write_text("1\n2\n3\n4\n")

    result = await _call(
        ReadFileTool(), tmp_path, path="a.txt", first_line=first_line, max_lines=max_lines
    )

    assert result == ToolResult(content=content)


@pytest.mark.parametrize("text", ["x" * 1_000_000, "line\n" * 200_000])
async def test_a_long_file_is_cut_with_a_note(tmp_path: Path, text: str) -> None:
    (tmp_path / "long").write_text(text)

    result = await _call(ReadFileTool(), tmp_path, path="long")

    read = text[: 128 * 1024]
    assert result == ToolResult(content=text[: 32 * 1024], truncated=True, whole=read)


async def test_a_binary_file_is_named_as_one(tmp_path: Path) -> None:
    (tmp_path / "image").write_bytes(b"\x89PNG\0\0")

    result = await _call(ReadFileTool(), tmp_path, path="image")

    assert result == ToolResult(content="image is a binary file of 6 bytes.")


async def test_a_path_that_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()

    for path, message in [
        ("pipe", "no regular file"),
        ("folder", "a directory"),
        ("missing", "there is no file 'missing'"),
    ]:
        with pytest.raises(ToolError, match=message):
            await _call(ReadFileTool(), tmp_path, path=path)


async def test_a_file_is_written_with_the_folders_above_it(tmp_path: Path) -> None:
    result = await _call(WriteFileTool(), tmp_path, path="a/b/c.txt", content="grün")

    assert result == ToolResult(content="Wrote 5 bytes to a/b/c.txt.")
    assert await anyio.Path(tmp_path, "a/b/c.txt").read_text() == "grün"
    assert os.listdir(tmp_path / "a/b") == ["c.txt"]


async def test_a_file_that_is_replaced_keeps_its_mode(tmp_path: Path) -> None:
    script = tmp_path / "run.sh"
    script.write_text("old")
    script.chmod(0o750)

    await _call(WriteFileTool(), tmp_path, path="run.sh", content="new")

    assert (script.read_text(), script.stat().st_mode & 0o777) == ("new", 0o750)


async def test_a_folder_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()

    with pytest.raises(ToolError, match="is a directory"):
        await _call(WriteFileTool(), tmp_path, path="folder", content="x")
    with pytest.raises(ToolError, match="cannot write 'file/below'"):
        await _call(WriteFileTool(), tmp_path, path="file/below", content="x")


async def test_a_folder_is_listed_by_name(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("four")
    (tmp_path / "a").mkdir()
    (tmp_path / "c").symlink_to("b.txt")

    result = await _call(ListDirectoryTool(), tmp_path)

    assert result == ToolResult(content="a/\nb.txt  4 bytes\nc@")


async def test_an_empty_folder_a_missing_one_and_a_file_are_distinguished(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()

    result = await _call(ListDirectoryTool(), tmp_path, path="empty")

    assert result == ToolResult(content="The folder is empty.")
    with pytest.raises(ToolError, match="'file' is a file"):
        await _call(ListDirectoryTool(), tmp_path, path="file")
    with pytest.raises(ToolError, match="cannot list 'missing': No such file"):
        await _call(ListDirectoryTool(), tmp_path, path="missing")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for path, text in {
        "b.py": "import os\nprint(os)\n",
        "a.py": "x = 1\n",
        "src/deep/c.py": "import os\n",
        "notes.md": "import nothing\n",
        "node_modules/x.py": "import os\n",
        ".git/y.py": "import os\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "binary.py").write_bytes(b"import os\0")
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "stolen.py").symlink_to("/etc/passwd")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "content"),
    [
        ({"pattern": "*.py"}, "a.py\nb.py\nbinary.py\nstolen.py\nsrc/deep/c.py"),
        ({"pattern": "**/*.md"}, "notes.md"),
        ({"pattern": "src/*.py"}, "src/deep/c.py"),
        ({"pattern": "*.py", "path": "src"}, "src/deep/c.py"),
        ({"text": "import os"}, "b.py:1: import os\nsrc/deep/c.py:1: import os"),
        ({"text": "root:"}, "Nothing was found."),
        ({"pattern": "*.js"}, "Nothing was found."),
    ],
)
async def test_files_are_found_by_name_and_by_text(
    project: Path, arguments: dict[str, object], content: str
) -> None:
    assert await _call(SearchFilesTool(), project, **arguments) == ToolResult(content=content)


async def test_a_search_shows_no_more_than_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "many.txt").write_text("needle\n" * 10_000)

    result = await _call(SearchFilesTool(), tmp_path, text="needle")

    assert result.truncated
    assert len(result.content.splitlines()) == 500
