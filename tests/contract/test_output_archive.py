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
from ports.output_archive import OutputArchive, OutputSource
from tests.patience import PATIENCE_S

TASK, OTHER = TaskId("task_1"), TaskId("../task.2")
MOST_BYTES = 1000
LIST, GREP = OutputSource("shell", "call_1"), OutputSource("grep", "call_2")


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


async def test_nothing_runs_for_one_who_writes_nothing(archive: OutputArchive) -> None:
    before = {task.id for task in anyio.get_running_tasks()}

    async with archive.writing(TASK), archive.writing(OTHER) as other:
        assert {task.id for task in anyio.get_running_tasks()} == before
        await other.write("x")

    assert {task.id for task in anyio.get_running_tasks()} == before
    assert (await _text(archive, TASK), await _text(archive, OTHER)) == ("", "x")


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


async def test_a_full_disk_is_reported() -> None:
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


async def test_what_a_call_wrote_stands_under_its_name_and_can_be_read_alone(
    archive: OutputArchive,
) -> None:
    async with archive.writing(TASK) as writer:
        await writer.write("one\n", LIST)
        await writer.write("zwei ü", LIST)
        await _text(archive, TASK)
        await writer.write("found\n", GREP)
        await _text(archive, TASK)
        await writer.write("three\n", LIST)
        await writer.write("beside\n", OutputSource("stderr"))

    assert await _text(archive, TASK) == (
        "==> shell call_1 <==\none\nzwei ü\n==> grep call_2 <==\nfound\n"
        "==> shell call_1 <==\nthree\n==> stderr <==\nbeside\n"
    )
    assert await _text(archive, TASK, "call_1") == "one\nzwei üthree\n"
    assert await _text(archive, TASK, "call_2") == "found\n"
    assert await archive.kept_bytes(TASK, call_id="call_1") == len("one\nzwei üthree\n".encode())
    assert await archive.has_beginning(TASK, call_id="call_1")


async def test_calls_that_write_side_by_side_are_never_mixed_up(archive: OutputArchive) -> None:
    sources = [OutputSource("shell", f"call_{number}") for number in range(4)]
    async with archive.writing(TASK) as writer:
        for number in range(8):
            for source in sources:
                await writer.write(f"{source.call_id}:{number} ", source)
            if number % 3 == 0:
                await _text(archive, TASK)

    for source in sources:
        text = await _text(archive, TASK, source.call_id)
        assert text == "".join(f"{source.call_id}:{number} " for number in range(8))


async def test_what_is_kept_apart_is_in_the_output_of_its_call_alone(
    archive: OutputArchive, root: Path
) -> None:
    async with archive.writing(TASK) as writer:
        await writer.write('{"result": "one"}\n')
        await writer.write("one", LIST, apart=True)

    assert await _text(archive, TASK) == '{"result": "one"}\n'
    assert await _text(archive, TASK, "call_1") == "one"
    assert await archive.size_bytes() > len('{"result": "one"}\none')
    assert await archive.forget([TASK]) > 0
    assert (os.listdir(root), await archive.size_bytes()) == ([], 0)


async def test_a_call_is_known_from_its_beginning(archive: OutputArchive) -> None:
    async with archive.writing(TASK) as writer:
        await writer.write("", LIST)
        known = [await archive.has_call(TASK, each) for each in ("call_1", "call", "call_2")]

    assert known == [True, False, False]
    assert not await archive.has_call(OTHER, "call_1")
    assert (await _text(archive, TASK), await _text(archive, TASK, "call_1")) == ("", "")


@pytest.mark.parametrize("call_id", ["a/../b", '"],["', "ü\n==> x <==", "\ud800", "", "c" * 5000])
async def test_any_id_of_an_agent_names_one_call(archive: OutputArchive, call_id: str) -> None:
    async with archive.writing(TASK) as writer:
        await writer.write("one", OutputSource("x", call_id), apart=True)
        await writer.write("two", OutputSource("x", f"{call_id}'"), apart=True)
        await writer.write("three\n", OutputSource("\x1b[31m\n", call_id[:20]))

    assert await _text(archive, TASK, f"{call_id}'") == "two"
    assert await _text(archive, TASK, call_id) == ("three\n" if len(call_id) <= 20 else "one")
    assert len((await _text(archive, TASK)).splitlines()) == 2


async def test_of_calls_with_the_same_id_the_newest_is_read_and_none_is_lost(
    archive: OutputArchive,
) -> None:
    for text in ("first\n", "second\n"):
        async with archive.writing(TASK) as writer:
            await writer.write("", LIST)
            await writer.write(text, LIST)

    assert await _text(archive, TASK, "call_1") == "second\n"
    assert await _text(archive, TASK) == (
        "==> shell call_1 <==\nfirst\n==> shell call_1 <==\nsecond\n"
    )


async def test_the_oldest_part_of_a_call_goes_above_the_bound(archive: OutputArchive) -> None:
    async with archive.writing(TASK) as writer:
        await writer.write("early\n", GREP)
        for number in range(100):
            await writer.write(f"line {number:03} ü\n", LIST)
            await archive.kept_bytes(TASK)

    text, whole = await _text(archive, TASK, "call_1"), await _text(archive, TASK)
    assert text.endswith("line 098 ü\nline 099 ü\n")
    assert whole.startswith("==> shell call_1 <==\nline 0")
    assert MOST_BYTES // 3 <= len(text.encode()) <= len(whole.encode()) <= MOST_BYTES
    assert not await archive.has_beginning(TASK, call_id="call_1")
    assert not await archive.has_call(TASK, "call_2")


async def test_whatever_a_crash_cuts_off_the_rest_is_readable_and_appended_to(
    root: Path,
) -> None:
    archive = FileOutputArchive(root=root)
    async with archive.writing(TASK) as writer:
        await writer.write("one\n", LIST)
        await archive.kept_bytes(TASK)
        await writer.write("two\n", GREP)
    spans = root / TASK / "0.calls"
    whole = spans.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1

    for end in range(last, len(whole) + 1):
        spans.write_bytes(whole[:end])
        archive = FileOutputArchive(root=root)
        before = (await _text(archive, TASK, "call_1"), await _text(archive, TASK, "call_2"))
        async with archive.writing(TASK) as writer:
            await writer.write(f"{end}\n", OutputSource("shell", "call_3"))

        assert before == ("one\n", "two\n" if end >= len(whole) - 1 else "")
        assert await _text(archive, TASK, "call_3") == f"{end}\n"
        assert await _text(archive, TASK, "call_1") == "one\n"


async def test_the_texts_of_concurrent_writers_are_all_kept(archive: OutputArchive) -> None:
    async with archive.writing(TASK) as first:
        async with archive.writing(TASK) as second:
            await first.write("one ")
            await second.write("two ")
        await first.write("three")
        seen = await _text(archive, TASK)

    assert (seen, await _text(archive, TASK)) == ("one two three", "one two three")


def _modes(root: Path) -> dict[str, int]:
    folder = next(root.iterdir())
    paths = {"root": root, "folder": folder, "file": next(folder.iterdir())}
    return {name: stat.S_IMODE(path.stat().st_mode) for name, path in paths.items()}


async def _write(archive: OutputArchive, task_id: TaskId, *texts: str) -> None:
    async with archive.writing(task_id) as writer:
        for text in texts:
            await writer.write(text)


async def _text(archive: OutputArchive, task_id: TaskId, call_id: str | None = None) -> str:
    return b"".join([piece async for piece in archive.read(task_id, call_id=call_id)]).decode()


async def test_a_writer_that_was_left_behind_takes_nothing_from_the_next(
    archive: OutputArchive,
) -> None:
    left_behind = archive.writing(TASK)
    await left_behind.__aenter__()
    async with archive.writing(TASK) as writer:
        await left_behind.__aexit__(None, None, None)
        await writer.write("readable at once")

        assert await _text(archive, TASK) == "readable at once"
