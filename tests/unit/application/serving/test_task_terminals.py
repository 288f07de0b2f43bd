"""Who may look at the terminal of a task and type to it, and what the process gets of that."""

import anyio
import pytest

from domain.errors import InvalidInput, NotStarted, StateConflict, TaskNotFound
from domain.principal import LOCAL
from domain.task import TaskStatus
from domain.task_input import (
    EndOfInput,
    KeysInput,
    MessageInput,
    ResizeInput,
    SignalInput,
    TaskInput,
)
from domain.tool_events import InputReceived
from ports.process import Exit
from tests.contract.store_harness import BOB
from tests.patience import PATIENCE_S
from tests.process_fakes import process_task
from tests.terminal_fakes import FakeTerminals

HELLO = MessageInput(text="hello")


@pytest.mark.parametrize(
    ("output", "given", "typed"),
    [
        ("", HELLO, [b"hello\r"]),
        ("", MessageInput(text="a\nb\r\nc"), [b"a\rb\rc\r"]),
        ("\x1b[?2004h", HELLO, [b"\x1b[200~hello\x1b[201~", b"\r"]),
        (
            "\x1b[?2004h",
            MessageInput(text="x\x1b[20\x1b[201~1~y"),
            [b"\x1b[200~x[20[201~1~y\x1b[201~", b"\r"],
        ),
        ("", KeysInput(keys=("ctrl-c", "up", "q", "\x1b[Z")), [b"\x03\x1b[Aq\x1b[Z"]),
        ("\x1b[?1h", KeysInput(keys=("up",)), [b"\x1bOA"]),
    ],
)
async def test_a_terminal_is_typed_to_as_its_program_asked(
    output: str, given: TaskInput, typed: list[bytes]
) -> None:
    terminals = FakeTerminals()
    async with terminals.run() as terminal:
        await terminal.feed(output)
        await terminals.use.send(LOCAL, terminals.task.task_id, given)

    assert terminals.process.typed == typed


async def test_every_input_becomes_an_event() -> None:
    terminals = FakeTerminals()
    given = (HELLO, KeysInput(keys=("a",)), SignalInput(name="USR1"), EndOfInput())
    async with terminals.run():
        for one in (*given, ResizeInput(rows=5, columns=9)):
            await terminals.use.send(LOCAL, terminals.task.task_id, one)
        view = await terminals.use.view(LOCAL, terminals.task.task_id)

    kinds = ["message", "keys", "signal", "eof", "resize"]
    assert terminals.events == [InputReceived(kind=kind, by="local") for kind in kinds]
    assert terminals.process.signals == [10]
    assert terminals.process.input_is_open is False
    assert terminals.process.sizes == [(5, 9)]
    assert (len(view.lines), view.columns) == (5, 9)


@pytest.mark.parametrize("given", [HELLO, KeysInput(keys=("a",)), EndOfInput()])
async def test_a_closed_input_is_not_typed_to(given: TaskInput) -> None:
    terminals = FakeTerminals()
    async with terminals.run(takes_input=False):
        with pytest.raises(StateConflict, match="keeps_stdin"):
            await terminals.use.send(LOCAL, terminals.task.task_id, given)

    assert (terminals.process.typed, terminals.events) == ([], [])


async def test_a_process_with_pipes_gets_lines_and_has_no_keys_no_size_and_no_screen() -> None:
    terminals = FakeTerminals()
    task_id = terminals.task.task_id
    async with terminals.run(pty=False):
        await terminals.use.send(LOCAL, task_id, HELLO)
        for given in (KeysInput(keys=("a",)), ResizeInput(rows=5, columns=9)):
            with pytest.raises(StateConflict, match="has no terminal"):
                await terminals.use.send(LOCAL, task_id, given)
        with pytest.raises(StateConflict, match="has no terminal"):
            await terminals.use.view(LOCAL, task_id)

    assert terminals.process.typed == [b"hello\n"]


async def test_a_process_that_has_exited_gets_no_input_and_no_event() -> None:
    terminals = FakeTerminals()
    async with terminals.run():
        terminals.process.end(Exit(code=0))
        with pytest.raises(StateConflict, match="has exited"):
            await terminals.use.send(LOCAL, terminals.task.task_id, HELLO)

    assert terminals.events == []


async def test_a_key_that_there_is_not_is_refused() -> None:
    terminals = FakeTerminals()
    async with terminals.run():
        with pytest.raises(InvalidInput, match="no key"):
            await terminals.use.send(LOCAL, terminals.task.task_id, KeysInput(keys=("alt-foo",)))

    assert terminals.process.typed == []


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (TaskStatus.QUEUED, "not started"),
        (TaskStatus.RUNNING, "on this server"),
        (TaskStatus.COMPLETED, "has ended"),
    ],
)
async def test_input_for_a_task_without_a_process_here_is_refused_with_the_reason(
    status: TaskStatus, sentence: str
) -> None:
    terminals = FakeTerminals()
    terminals.is_now(status)

    with pytest.raises(StateConflict, match=sentence):
        await terminals.use.send(LOCAL, terminals.task.task_id, HELLO)
    with pytest.raises(StateConflict, match=sentence):
        await terminals.use.view(LOCAL, terminals.task.task_id)


async def test_keys_for_a_task_with_an_open_question_are_refused_for_want_of_a_terminal() -> None:
    terminals = FakeTerminals()
    terminals.is_now(TaskStatus.WAITING)

    with pytest.raises(StateConflict, match=r"^no terminal of the task is on this server$"):
        await terminals.use.view(LOCAL, terminals.task.task_id)
    with pytest.raises(StateConflict, match=r"^no process of the task runs on this server$"):
        await terminals.use.send(LOCAL, terminals.task.task_id, KeysInput(keys=("up",)))


async def test_a_process_that_is_about_to_start_is_soon_there() -> None:
    terminals = FakeTerminals()
    terminals.is_carried_out_here()

    with pytest.raises(NotStarted):
        await terminals.use.view(LOCAL, terminals.task.task_id)
    async with terminals.run():
        pass
    assert (await terminals.use.view(LOCAL, terminals.task.task_id)).columns == 20
    with pytest.raises(StateConflict, match="on this server"):
        await terminals.use.send(LOCAL, terminals.task.task_id, HELLO)


async def test_anothers_task_is_unknown() -> None:
    terminals = FakeTerminals()
    async with terminals.run():
        with pytest.raises(TaskNotFound):
            await terminals.use.view(BOB, terminals.task.task_id)
        with pytest.raises(TaskNotFound):
            await terminals.use.send(BOB, terminals.task.task_id, HELLO)


async def test_the_last_screen_is_kept_after_the_end() -> None:
    terminals = FakeTerminals()
    async with terminals.run() as terminal:
        await terminal.feed("last words")

    view = await terminals.use.view(LOCAL, terminals.task.task_id)

    assert view.lines == ("last words", "", "", "")
    assert await terminals.use.view(LOCAL, terminals.task.task_id) == view


async def test_only_the_latest_hundred_screens_are_kept() -> None:
    terminals = FakeTerminals()
    async with terminals.run() as terminal:
        await terminal.feed("the first")
    for number in range(100):
        async with terminals.run(process_task("x", task_id=f"other_{number}")):
            pass

    with pytest.raises(StateConflict, match="on this server"):
        await terminals.use.view(LOCAL, terminals.task.task_id)


async def test_a_watch_sees_each_change_and_the_end() -> None:
    terminals = FakeTerminals()
    with anyio.fail_after(PATIENCE_S):
        async with terminals.run() as terminal:
            await terminal.feed("one")
            watch = await terminals.use.watch(LOCAL, terminals.task.task_id)
            first = await watch.next(timeout_s=PATIENCE_S)
            await terminal.feed("\r\ntwo")
            second = await watch.next(timeout_s=PATIENCE_S)
            nothing = await watch.next(timeout_s=0.01)
            still_runs = not watch.has_ended
        end = await watch.next(timeout_s=PATIENCE_S)

    assert first is not None and second is not None
    assert (first.lines[:2], second.lines[:2]) == (("one", ""), ("one", "two"))
    assert (nothing, still_runs, end, watch.has_ended) == (None, True, None, True)
