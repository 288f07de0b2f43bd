"""What the archive of output promises to those who write, read and clear it."""

import asyncio
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest

from adapters.archive.file_output_archive import FileOutputArchive
from domain.errors import StorageFull
from domain.ids import TaskId
from ports.output_archive import OutputArchive
from tests.patience import PATIENCE_S

TASK, OTHER = TaskId("task_1"), TaskId("../task.2")
MOST_BYTES = 1000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "output"


@pytest.fixture
def archive(root: Path) -> FileOutputArchive:
    return FileOutputArchive(root=root, max_bytes=MOST_BYTES)


async def test_what_was_written_is_read_in_its_order(archive: OutputArchive) -> None:
    await _write(archive, TASK, "one\n", "zwei ü\x00\n", "\x1b[31mthree")

    assert await _text(archive, TASK) == "one\nzwei ü\x00\n\x1b[31mthree"
    assert await archive.has_beginning(TASK)


async def test_each_task_has_an_output_of_its_own(archive: OutputArchive, root: Path) -> None:
    await _write(archive, TASK, "one")
    await _write(archive, OTHER, "two")

    assert (await _text(archive, TASK), await _text(archive, OTHER)) == ("one", "two")
    assert sorted(path.name for path in root.parent.iterdir()) == ["output"]


async def test_an_unknown_task_has_no_output(archive: OutputArchive) -> None:
    assert await _text(archive, TASK) == ""
    assert await archive.has_beginning(TASK)
    assert (await archive.kept_bytes(TASK), await archive.size_bytes()) == (0, 0)
    assert await archive.forget([TASK]) == 0


async def test_what_was_written_can_be_read_while_more_is_written(archive: OutputArchive) -> None:
    async with archive.writing(TASK) as writer:
        await writer.write("so far ")
        seen = await _text(archive, TASK)
        await writer.write("and on")
        kept_bytes = await archive.kept_bytes(TASK)

    assert (seen, kept_bytes) == ("so far ", len("so far and on"))
    assert await _text(archive, TASK) == "so far and on"


async def test_another_attempt_goes_on_at_the_end(archive: OutputArchive) -> None:
    await _write(archive, TASK, "first ")
    await _write(archive, TASK, "second")

    assert await _text(archive, TASK) == "first second"


async def test_the_oldest_part_goes_above_the_bound(archive: OutputArchive) -> None:
    for number in range(100):
        await _write(archive, TASK, f"line {number:03} ü\n")

    text = await _text(archive, TASK)
    assert text.endswith("line 098 ü\nline 099 ü\n")
    assert text.startswith("line 0")
    assert MOST_BYTES // 2 <= len(text.encode()) <= MOST_BYTES
    assert not await archive.has_beginning(TASK)
    assert await archive.size_bytes() == len(text.encode())
    assert await archive.kept_bytes(TASK) == len(text.encode())


async def test_a_text_above_the_bound_is_kept_until_the_next_one(archive: OutputArchive) -> None:
    await _write(archive, TASK, "x" * 3 * MOST_BYTES)
    await _write(archive, TASK, "end")
    await _write(archive, TASK, "y" * MOST_BYTES)

    assert await _text(archive, TASK) == "end" + "y" * MOST_BYTES


async def test_what_is_forgotten_is_gone(archive: OutputArchive, root: Path) -> None:
    await _write(archive, TASK, "one")
    await _write(archive, OTHER, "other")

    assert await archive.forget([TASK, TaskId("unknown")]) == 3
    assert await _text(archive, TASK) == ""
    assert await archive.size_bytes() == 5
    assert len(os.listdir(root)) == 1


async def test_what_is_old_can_go(archive: OutputArchive) -> None:
    await _write(archive, TASK, "one")
    now = datetime.now(UTC)

    assert await archive.forget_before(now - timedelta(hours=1)) == 0
    assert await archive.forget_before(now + timedelta(hours=1)) == 3
    assert await _text(archive, TASK) == ""


async def test_what_is_being_written_stays(archive: OutputArchive) -> None:
    async with archive.writing(TASK) as writer:
        await writer.write("one")
        await _text(archive, TASK)
        freed = await archive.forget([TASK])
        freed += await archive.forget_before(datetime.now(UTC) + timedelta(hours=1))

    assert freed == 0
    assert await _text(archive, TASK) == "one"


async def test_nobody_else_may_read_it(archive: OutputArchive, root: Path) -> None:
    await _write(archive, TASK, "secret")

    assert _modes(root) == {"root": 0o700, "folder": 0o700, "file": 0o600}


async def test_a_disk_that_takes_nothing_is_told() -> None:
    archive = FileOutputArchive(root=Path("/dev/null/output"))

    with anyio.fail_after(PATIENCE_S), pytest.raises(StorageFull):
        async with archive.writing(TASK) as writer:
            while True:
                await writer.write("x")
                await asyncio.sleep(0)


async def test_a_cancelled_writer_loses_nothing(archive: OutputArchive) -> None:
    wrote = asyncio.Event()

    async def write() -> None:
        async with archive.writing(TASK) as writer:
            await writer.write("last words")
            wrote.set()
            await asyncio.Event().wait()

    writing = asyncio.ensure_future(write())
    with anyio.fail_after(PATIENCE_S):
        await wrote.wait()
        writing.cancel()
        await asyncio.sleep(0)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing

    assert await _text(archive, TASK) == "last words"


async def test_a_reader_that_leaves_early_leaves_nothing_open(archive: OutputArchive) -> None:
    await _write(archive, TASK, "one")
    before = len(os.listdir("/proc/self/fd"))

    pieces = archive.read(TASK)
    await anext(pieces)
    await pieces.aclose()

    assert len(os.listdir("/proc/self/fd")) == before


def _modes(root: Path) -> dict[str, int]:
    folder = next(root.iterdir())
    paths = {"root": root, "folder": folder, "file": next(folder.iterdir())}
    return {name: stat.S_IMODE(path.stat().st_mode) for name, path in paths.items()}


async def _write(archive: OutputArchive, task_id: TaskId, *texts: str) -> None:
    async with archive.writing(task_id) as writer:
        for text in texts:
            await writer.write(text)


async def _text(archive: OutputArchive, task_id: TaskId) -> str:
    return b"".join([piece async for piece in archive.read(task_id)]).decode()


async def test_a_writer_that_was_left_behind_takes_nothing_from_the_next(
    archive: OutputArchive,
) -> None:
    left_behind = archive.writing(TASK)
    await left_behind.__aenter__()
    async with archive.writing(TASK) as writer:
        await left_behind.__aexit__(None, None, None)
        await writer.write("readable at once")

        assert await _text(archive, TASK) == "readable at once"
