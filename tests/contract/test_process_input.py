"""What every process host promises of input, terminals and home folders."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from adapters.process.linux_process_host import LinuxProcessHost
from domain.errors import StartFailed, StateConflict
from domain.ids import TaskId
from ports.process import Command, Exit, ProcessHost, RunningProcess
from tests.patience import PATIENCE_S

IN_TERMINAL = pytest.mark.parametrize("pty", [True, False], ids=["pty", "pipes"])
PLAIN = Command(argv=(), cwd="/", task_id=TaskId("task_input"), pty=False, sandbox="none")


@pytest.fixture(params=[LinuxProcessHost], ids=["linux"])
def host(request: pytest.FixtureRequest) -> ProcessHost:
    made: ProcessHost = request.param(
        environment={"PATH": os.environ["PATH"]}, input_timeout_s=0.2
    )
    return made


async def test_a_terminal_is_the_controlling_one_and_has_a_size(host: ProcessHost) -> None:
    script = "test -t 0 && test -t 1 && test -t 2 && stty size </dev/tty && ps -o tpgid= -p $$"

    async with _bash(host, f"{script}; echo $$ >&2", pty=True, stdin="open") as process:
        printed, ended = await _rest(process)

    size, foreground, leader = printed.splitlines()
    assert size == "40 120"
    assert foreground.strip() == leader
    assert ended == Exit(code=0)


@IN_TERMINAL
async def test_an_input_that_is_closed_is_at_its_end_and_takes_nothing(
    host: ProcessHost, pty: bool
) -> None:
    async with _bash(host, "cat; tty; sleep 60", pty=pty) as process:
        assert await _line(process) == "not a tty\n"
        with pytest.raises(StateConflict, match="closed"):
            await process.write(b"text\n")
        await process.end_input()


@IN_TERMINAL
async def test_what_is_written_is_read_until_the_end_of_the_input(
    host: ProcessHost, pty: bool
) -> None:
    script = 'test -t 0 && stty -echo; echo ready; while read -r x; do echo "got $x"; done; exit 3'

    async with _bash(host, script, pty=pty, stdin="open") as process:
        assert await _line(process) == "ready\n"
        await process.write(b"one\n")
        await process.write(b"two\nthree\n")
        await process.end_input()
        printed, ended = await _rest(process)

    assert printed == "got one\ngot two\ngot three\n"
    assert ended == Exit(code=3)


async def test_pipes_take_nothing_after_the_end_of_the_input(host: ProcessHost) -> None:
    async with _bash(host, "cat; echo over; sleep 60", stdin="open") as process:
        await process.end_input()
        assert await _line(process) == "over\n"
        await process.end_input()
        with pytest.raises(StateConflict, match="closed"):
            await process.write(b"text")


@pytest.mark.parametrize("text", ["", "a line\n", "half a line", "é" * 500_000])
async def test_a_text_is_the_whole_input(host: ProcessHost, text: str) -> None:
    async with _bash(host, "cat", input_text=text) as process:
        assert await _rest(process) == (text, Exit(code=0))


@pytest.mark.parametrize("text", ["", "a line\n", "half a line", "a line\n" * 30_000])
async def test_a_text_is_typed_in_a_terminal(host: ProcessHost, text: str) -> None:
    async with _bash(host, "cat | wc -c", pty=True, input_text=text) as process:
        printed, ended = await _rest(process)

    assert printed.splitlines()[-1].endswith(str(len(text)))
    assert ended == Exit(code=0)


async def test_an_open_input_goes_on_after_the_text(host: ProcessHost) -> None:
    async with _bash(host, "cat", stdin="open", input_text="first\n") as process:
        await process.write(b"second\n")
        await process.end_input()
        assert await _rest(process) == ("first\nsecond\n", Exit(code=0))


@IN_TERMINAL
async def test_nobody_waits_long_for_a_process_that_does_not_read(
    host: ProcessHost, pty: bool
) -> None:
    script = "stty raw -echo <&1 2>/dev/null; echo ready; sleep 60"

    async with _bash(host, script, pty=pty, stdin="open") as process:
        assert await _line(process) == "ready\n"
        with pytest.raises(StateConflict, match="does not read"):
            await process.write(b"x" * 1_000_000)
        assert await process.stop(grace_s=0) == Exit(signal=signal.SIGKILL)


@IN_TERMINAL
async def test_a_process_that_has_exited_takes_nothing(host: ProcessHost, pty: bool) -> None:
    async with _bash(host, "exit 0", pty=pty, stdin="open") as process:
        await _rest(process)
        with pytest.raises(StateConflict, match="exited"):
            await process.write(b"text")
        with pytest.raises(StateConflict, match="exited"):
            await process.end_input()
        with pytest.raises(StateConflict, match="exited"):
            await process.send_signal(signal.SIGINT)
        process.resize(rows=1, columns=1)
        assert await process.usage() is None


async def test_a_process_gets_a_signal_when_its_terminal_is_resized(host: ProcessHost) -> None:
    script = "trap 'stty size; exit' WINCH; stty size; while :; do sleep 0.02; done"

    async with _bash(host, script, pty=True, stdin="open", rows=24, columns=80) as process:
        assert await _line(process) == "24 80\n"
        process.resize(rows=50, columns=200)
        assert await _rest(process) == ("50 200\n", Exit(code=0))


@IN_TERMINAL
async def test_a_signal_reaches_the_group(host: ProcessHost, pty: bool) -> None:
    # The sleep dies of the signal too, and bash says so on stderr, before or after the trap's output.
    quiet = "exec 2>/dev/null"
    script = (
        f"{quiet}; trap 'echo signalled; exit 5' USR1; echo ready; while :; do sleep 0.02; done"
    )

    async with _bash(host, script, pty=pty) as process:
        assert await _line(process) == "ready\n"
        await process.send_signal(signal.SIGUSR1)
        assert await _rest(process) == ("signalled\n", Exit(code=5))


async def test_a_signal_reaches_only_the_foreground_of_a_terminal(host: ProcessHost) -> None:
    script = "set -m; (echo ready; exec sleep 60); echo shell goes on"

    async with _bash(host, script, pty=True, stdin="open") as process:
        assert await _line(process) == "ready\n"
        await process.send_signal(signal.SIGTERM)
        printed, ended = await _rest(process)

    assert printed.splitlines()[-1] == "shell goes on"
    assert ended == Exit(code=0)


async def test_the_use_of_a_process_is_that_of_all_its_descendants(host: ProcessHost) -> None:
    script = "(setsid sh -c 'while :; do :; done' & sleep 60 & echo ready; wait)"

    async with _bash(host, script) as process:
        assert await _line(process) == "ready\n"
        used = await process.usage()
        while used and not (used.cpu_percent > 0 and used.processes == 4):
            used = await process.usage()

    assert used is not None
    assert 1_000_000 < used.rss_bytes < 100_000_000


async def test_files_are_put_into_the_home(host: ProcessHost) -> None:
    files = {".agent/settings.json": "{}", "é": "\U0001f600"}

    async with _bash(host, "cd; cat .agent/settings.json é", home_files=files) as process:
        assert await _rest(process) == ("{}\U0001f600", Exit(code=0))


async def test_the_path_of_the_home_can_stand_in_an_argument(host: ProcessHost) -> None:
    argv = ("/bin/cat", "{home}/task", "{home}")
    command = replace(PLAIN, argv=argv, home_files={"task": "do it"}, home_argv=(1,))

    async with host.start(command) as process:
        text, ended = await _rest(process)

    assert text.startswith("do it") and "{home}" in text
    assert ended == Exit(code=1)


@pytest.mark.parametrize("path", ["/etc/made", "../made", "a/../../made", "", "a\0b"])
async def test_no_file_is_put_outside_of_the_home(host: ProcessHost, path: str) -> None:
    with pytest.raises(StartFailed, match="home folder"):
        async with _bash(host, "true", home_files={path: "text"}):
            pass


async def test_a_home_that_is_named_is_left_as_it_is(host: ProcessHost, tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path)}

    async with _bash(host, "ls ~", env=env, home_files={"file": "text"}) as process:
        assert await _rest(process) == ("", Exit(code=0))


@asynccontextmanager
async def _bash(
    host: ProcessHost, script: str, **changes: object
) -> AsyncIterator[RunningProcess]:
    command = replace(PLAIN, argv=("/bin/bash", "-c", script), **changes)  # type: ignore[arg-type]
    with anyio.fail_after(PATIENCE_S):
        async with host.start(command) as process:
            yield process


async def _line(process: RunningProcess) -> str:
    return (await anext(process.output())).text


async def _rest(process: RunningProcess) -> tuple[str, Exit]:
    printed = "".join([output.text async for output in process.output()])
    return printed, await process.wait()
