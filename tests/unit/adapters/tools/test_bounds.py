"""However large a file, a folder or an argument is, a call takes only so much."""

import os
from pathlib import Path

import anyio
import pytest

from adapters.tools.list_directory import ListDirectoryTool
from adapters.tools.read_file import ReadFileTool
from adapters.tools.search_files import SearchFilesTool
from adapters.tools.workspace_files import MOST_FILE_BYTES
from adapters.tools.write_file import WriteFileTool
from domain.errors import ToolError
from ports.tool import Tool, ToolResult
from tests.patience import PATIENCE_S
from tests.process_fakes import tool_context

HUGE_BYTES = 1024**4


async def _call(tool: Tool, workspace: Path, **arguments: object) -> ToolResult:
    with anyio.fail_after(PATIENCE_S):
        return await tool.call(arguments, tool_context(str(workspace)))


async def test_a_line_beyond_the_limit_is_not_searched_for(tmp_path: Path) -> None:
    sparse(tmp_path / "long", "x" * 10_000 + "\n")

    with pytest.raises(ToolError, match="first_line: it is more than 1000000 bytes further on"):
        await _call(ReadFileTool(most_skipped=1_000_000), tmp_path, path="long", first_line=3)


async def test_skipped_lines_are_counted_across_blocks(
    tmp_path: Path,
) -> None:
    (tmp_path / "long").write_text("".join(f"{n}\n" for n in range(1, 200_001)))

    for line in (1, 2, 54_321, 200_000, 200_001):
        result = await _call(ReadFileTool(), tmp_path, path="long", first_line=line, max_lines=1)
        assert result.content == (f"{line}\n" if line <= 200_000 else "")


async def test_a_search_stops_at_its_limit_of_bytes_and_reports_it(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a needle\n")
    sparse(tmp_path / "long", "x" * 10_000)
    (tmp_path / "z").write_text("another needle\n")

    result = await _call(SearchFilesTool(most_bytes=1_000_000), tmp_path, text="needle")

    assert result == ToolResult(
        content="a:1: a needle\n[not searched: text beyond the most that a search reads]",
        truncated=True,
    )


@pytest.mark.parametrize(("most", "is_cut"), [(9, True), (10, False)])
async def test_a_search_stops_at_its_limit_of_entries(
    most: int, is_cut: bool, tmp_path: Path
) -> None:
    for folder in ("b", "c"):
        (tmp_path / folder).mkdir()
        for name in "1234":
            (tmp_path / folder / name).touch()

    result = await _call(SearchFilesTool(most_entries=most), tmp_path, pattern="[12]")

    assert ("files beyond the most" in result.content) == is_cut
    assert result.truncated == is_cut
    assert result.content.startswith("b/1\nb/2\n")


async def test_a_search_stops_at_its_limit_of_depth(tmp_path: Path) -> None:
    folder = tmp_path
    for depth in range(1, 200):
        folder = folder / "d"
        folder.mkdir()
        if depth in (1, 128, 129):
            (folder / "wanted").touch()

    result = await _call(SearchFilesTool(), tmp_path, pattern="wanted")

    assert result.content.splitlines() == [
        "d/wanted",
        "d/" * 128 + "wanted",
        "[not searched: folders more than 128 levels down]",
    ]


async def test_line_numbers_are_right_after_a_very_long_line(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x" * 3_000_000 + "\n" + "\n" * 3_000_000 + "the needle\n")

    result = await _call(SearchFilesTool(), tmp_path, text="needle")

    assert result.content == "a:3000002: the needle"


async def test_the_number_of_matches_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("needle\n" * 3000)

    result = await _call(SearchFilesTool(), tmp_path, text="needle")

    lines = result.content.splitlines()
    assert (len(lines), lines[-1], result.truncated) == (500, "a:500: needle", True)


async def test_the_first_of_many_entries_are_listed(tmp_path: Path) -> None:
    for number in range(1500):
        (tmp_path / f"{number:04}").touch()

    result = await _call(ListDirectoryTool(), tmp_path)

    assert result.truncated
    assert result.content.splitlines() == [f"{number:04}  0 bytes" for number in range(1000)]


async def test_the_length_of_a_pattern_is_bounded(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="pattern: String should have at most 256"):
        await _call(SearchFilesTool(), tmp_path, pattern="*a" * 200)


async def test_no_file_is_written_that_is_too_large_to_be_edited(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=f"content: it has .*; the most is {MOST_FILE_BYTES}"):
        await _call(WriteFileTool(), tmp_path, path="a", content="x" * (MOST_FILE_BYTES + 1))

    assert os.listdir(tmp_path) == []


def sparse(path: Path, beginning: str) -> None:
    path.write_text(beginning)
    os.truncate(path, HUGE_BYTES)
