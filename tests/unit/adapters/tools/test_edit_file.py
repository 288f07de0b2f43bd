"""Changing a part of a file: exactly the text that is meant, or nothing."""

import contextlib
import os
import re
import tracemalloc
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.tools.edit_file import EditFileTool, edit_diff, replaced_in_pieces
from adapters.tools.workspace_files import MOST_FILE_BYTES
from domain.errors import ToolError
from tests.process_fakes import tool_context


async def edit(folder: Path, **arguments: object) -> str:
    result = await EditFileTool().call({"path": "a.py", **arguments}, tool_context(str(folder)))
    assert not result.is_error
    return result.content


async def test_the_one_occurrence_is_replaced_and_shown(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("".join(f"line {n}\n" for n in range(1, 10)))

    shown = await edit(tmp_path, old_text="line 6\n", new_text="line six\nand more\n")

    assert (tmp_path / "a.py").read_text() == (
        "line 1\nline 2\nline 3\nline 4\nline 5\nline six\nand more\nline 7\nline 8\nline 9\n"
    )
    assert shown == (
        "--- a.py\n+++ a.py\n@@ -3,7 +3,8 @@\n line 3\n line 4\n line 5\n-line 6\n+line six\n"
        "+and more\n line 7\n line 8\n line 9"
    )


async def test_replace_all_replaces_every_occurrence(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = x + x\n")

    shown = await edit(tmp_path, old_text="x", new_text="y", replace_all=True)

    assert (tmp_path / "a.py").read_text() == "y = y + y\n"
    assert shown.endswith("-x = x + x\n+y = y + y\n ")


@pytest.mark.parametrize(
    ("content", "arguments", "complaint"),
    [
        (b"a\nb\n", {"old_text": "c"}, "does not occur in 'a.py'$"),
        (b"a\n  b\n", {"old_text": "a\nb"}, "with other white space it does"),
        (b"a\r\nb\r\n", {"old_text": "a\nb"}, r"end with \\r\\n"),
        (b"a\nb\na\n", {"old_text": "a"}, "occurs 2 times in 'a.py', at lines 1, 3; give more"),
        (b"a\n" * 12, {"old_text": "a"}, "12 times .* 9, 10, …; give more"),
        (b"a\n", {"old_text": "a", "new_text": "a"}, "^new_text: it is the same"),
        (b"a\xff\n", {"old_text": "a"}, "no text in UTF-8"),
        (b"a\0\n", {"old_text": "a"}, "a binary file"),
    ],
)
async def test_an_ambiguous_edit_changes_nothing_and_is_explained(
    content: bytes, arguments: Mapping[str, object], complaint: str, tmp_path: Path
) -> None:
    (tmp_path / "a.py").write_bytes(content)

    with pytest.raises(ToolError, match=complaint):
        await edit(tmp_path, **{"new_text": "z", **arguments})

    assert (tmp_path / "a.py").read_bytes() == content


async def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"there is no file 'a\.py'"):
        await edit(tmp_path, old_text="a", new_text="b")


async def test_mode_line_ends_and_what_else_is_in_the_file_stay(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"#!/bin/sh\r\necho \xc3\xa4\r\nlast")
    file.chmod(0o750)

    await edit(tmp_path, old_text="echo ä", new_text="echo é")

    assert file.read_bytes() == b"#!/bin/sh\r\necho \xc3\xa9\r\nlast"
    assert file.stat().st_mode & 0o777 == 0o750
    assert os.listdir(tmp_path) == ["a.py"]


async def test_a_change_of_many_lines_is_summarised(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x\n" * 5000)

    shown = await edit(tmp_path, old_text="x", new_text="y", replace_all=True)

    assert shown == "Changed lines 1 to 5000 of a.py."


async def test_a_result_above_the_largest_file_is_refused_before_it_is_built(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.py").write_bytes(b"a" * MOST_FILE_BYTES)

    with most_memory(5 * MOST_FILE_BYTES), pytest.raises(ToolError, match="would have 83886080"):
        await edit(tmp_path, old_text="a", new_text="b" * 10, replace_all=True)

    assert (tmp_path / "a.py").stat().st_size == MOST_FILE_BYTES


@pytest.mark.parametrize(("more", "is_room"), [(4, True), (5, False)])
async def test_the_bound_is_of_bytes_and_can_be_reached(
    more: int, is_room: bool, tmp_path: Path
) -> None:
    """The two in `ä` take the place of the one in `a`."""
    (tmp_path / "a.py").write_bytes(b"a" * more + b"x" * (MOST_FILE_BYTES - more - 4))

    with contextlib.nullcontext() if is_room else pytest.raises(ToolError, match="the most is"):
        await edit(tmp_path, old_text="a", new_text="ä", replace_all=True)

    size = (tmp_path / "a.py").stat().st_size
    assert size == (MOST_FILE_BYTES if is_room else MOST_FILE_BYTES - 4)


async def test_unchanged_lines_are_not_split(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"\n" * (MOST_FILE_BYTES - 1) + b"x")

    with most_memory(5 * MOST_FILE_BYTES):
        shown = await edit(tmp_path, old_text="x", new_text="y")

    last = MOST_FILE_BYTES
    assert shown == f"--- a.py\n+++ a.py\n@@ -{last - 3},4 +{last - 3},4 @@\n \n \n \n-x\n+y"


async def test_a_large_file_is_not_split_for_a_hint(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"ab " * (MOST_FILE_BYTES // 3))

    with most_memory(5 * MOST_FILE_BYTES), pytest.raises(ToolError, match="does not occur"):
        await edit(tmp_path, old_text="ab  ab", new_text="y")


@given(
    before=st.lists(st.sampled_from("abc"), max_size=12).map("\n".join),
    old=st.sampled_from(["a", "a\n", "\nb", "b\nc", "c"]),
    new=st.sampled_from(["", "x", "a\n", "\n", "b\nb"]),
)
def test_a_diff_makes_the_text_after_of_the_text_before(before: str, old: str, new: str) -> None:
    after = before.replace(old, new)

    assert patched(before, edit_diff(before, after, path="a")) == after


@given(
    text=st.text("ab", max_size=60),
    old=st.text("ab", min_size=1, max_size=4),
    new=st.text("abc", max_size=3),
    piece=st.integers(1, 9),
)
def test_replacing_in_pieces_equals_replacing_at_once(
    text: str, old: str, new: str, piece: int
) -> None:
    assert replaced_in_pieces(text, old, new, piece=piece) == text.replace(old, new)


def patched(text: str, diff: str) -> str:
    """What `patch` would make of it; every line that is kept or removed must be there."""
    lines, made, at = text.split("\n"), list[str](), 0
    for line in diff.split("\n")[2:]:
        if hunk := re.match(r"@@ -(\d+)(?:,(\d+))? ", line):
            first = int(hunk[1]) - (hunk[2] != "0")
            made += lines[at:first]
            at = first
        elif line.startswith("+"):
            made.append(line[1:])
        else:
            assert lines[at] == line[1:]
            made += [] if line.startswith("-") else [line[1:]]
            at += 1
    return "\n".join((*made, *lines[at:]))


@contextlib.contextmanager
def most_memory(size: int) -> Iterator[None]:
    """Of Python's own objects, at any moment, in whatever thread."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < size
    finally:
        tracemalloc.stop()
