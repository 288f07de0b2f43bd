"""What every process host promises."""

import os
import shutil
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Literal

import anyio
import psutil
import pytest

from adapters.process.linux_process_host import LinuxProcessHost
from domain.errors import StartFailed
from domain.ids import TaskId
from ports.openable import Openable
from ports.process import Command, Exit, Output, ProcessHost, RunningProcess
from tests.patience import PATIENCE_S

SERVER = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "SECRET": "s3cret", "KEY": "k3y"}
IN_TERMINAL = pytest.mark.parametrize("pty", [True, False], ids=["pty", "pipes"])


@pytest.fixture(params=[LinuxProcessHost], ids=["linux"])
def host(request: pytest.FixtureRequest) -> ProcessHost:
    made: ProcessHost = request.param(environment=SERVER)
    return made


@pytest.fixture
def shell(host: ProcessHost, tmp_path: Path) -> "Shell":
    return Shell(host, str(tmp_path))


class Shell:
    def __init__(self, host: ProcessHost, cwd: str) -> None:
        self.host = host
        self.cwd = cwd

    def start(
        self,
        script: str,
        *,
        pty: bool,
        stdin: Literal["closed", "open"] = "closed",
        env: Mapping[str, str] | None = None,
        passthrough: Sequence[str] = (),
    ) -> AbstractAsyncContextManager[RunningProcess]:
        command = Command(
            argv=("/bin/sh", "-c", script),
            cwd=self.cwd,
            task_id=TaskId("task_contract"),
            pty=pty,
            stdin=stdin,
            env=env or {},
            env_passthrough=passthrough,
            sandbox="none",
        )
        return self.host.start(command)

    async def run(self, script: str, *, pty: bool) -> tuple[list[Output], Exit]:
        with anyio.fail_after(PATIENCE_S):
            async with self.start(script, pty=pty) as process:
                outputs = [output async for output in process.output()]
                return outputs, await process.wait()


@IN_TERMINAL
async def test_all_output_comes_before_the_exit(shell: Shell, pty: bool) -> None:
    outputs, ended = await shell.run("seq 1 20000; exit 3", pty=pty)

    assert _text(outputs) == "".join(f"{number}\n" for number in range(1, 20001))
    assert ended == Exit(code=3)


async def test_pipes_keep_the_two_streams_apart(shell: Shell) -> None:
    outputs, ended = await shell.run("echo out; echo err >&2", pty=False)

    assert sorted((output.stream, output.text) for output in outputs) == [
        ("stderr", "err\n"),
        ("stdout", "out\n"),
    ]
    assert ended == Exit(code=0)


@IN_TERMINAL
async def test_characters_are_never_cut_in_two(shell: Shell, pty: bool) -> None:
    line = "aé€\U0001f600" * 7
    outputs, _ = await shell.run(f"for i in $(seq 1 2000); do echo '{line}'; done", pty=pty)

    assert _text(outputs) == f"{line}\n" * 2000


async def test_bytes_that_are_no_characters_are_replaced(shell: Shell) -> None:
    outputs, _ = await shell.run(r"printf 'a\377b\000c\303'", pty=False)

    assert _text(outputs) == "a\ufffdb\0c\ufffd"


@IN_TERMINAL
async def test_a_signal_that_ends_it_is_named(shell: Shell, pty: bool) -> None:
    _, ended = await shell.run("kill -9 $$", pty=pty)

    assert ended == Exit(signal=signal.SIGKILL)


@IN_TERMINAL
async def test_it_gets_a_small_environment_and_the_variables_of_its_command(
    shell: Shell, pty: bool
) -> None:
    given = {"ADDED": "yes"}
    with anyio.fail_after(PATIENCE_S):
        async with shell.start("env", pty=pty, env=given, passthrough=["KEY", "NO"]) as process:
            lines = _text([output async for output in process.output()]).splitlines()

    environment = dict(line.split("=", 1) for line in lines if not line.startswith("_="))
    home = environment.pop("HOME")
    assert environment == {
        "PATH": SERVER["PATH"],
        "LC_ALL": "C.UTF-8",
        "KEY": "k3y",
        "ADDED": "yes",
        "TERM": "xterm-256color" if pty else "dumb",
        "PYTHONUNBUFFERED": "1",
        "PWD": shell.cwd,
        "AGENTCAST_TASK_ID": "task_contract",
    }
    assert not await anyio.Path(home).exists()


@IN_TERMINAL
async def test_it_sees_only_three_descriptors(shell: Shell, pty: bool) -> None:
    script = "for fd in 0 1 2 3 4 5 6 7 8 9; do { true >&$fd; } 2>/dev/null && echo $fd; done"

    outputs, _ = await shell.run(script, pty=pty)

    assert _text(outputs).split() == ["0", "1", "2"]


@IN_TERMINAL
@pytest.mark.parametrize(
    ("argv", "cwd", "reason"),
    [
        (("no-such-program",), ".", "no command 'no-such-program'"),
        (("./plain",), ".", "'./plain' is not executable"),
        (("./missing",), ".", "no command './missing'"),
        (("true",), "missing", "no folder"),
        (("true", "x" * 200_000), ".", "list too long"),
        (("true", "a\0b"), ".", "NUL"),
        (("true", "\ud800"), ".", "cannot start"),
        ((), ".", "no command to start"),
    ],
)
async def test_a_command_that_cannot_start_reports_why_and_leaves_nothing_open(
    host: ProcessHost, tmp_path: Path, argv: Sequence[str], cwd: str, reason: str, pty: bool
) -> None:
    (tmp_path / "plain").write_text("no program")
    command = Command(
        argv=argv, cwd=str(tmp_path / cwd), task_id=TaskId("t"), pty=pty, sandbox="none"
    )
    before = psutil.Process().num_fds()

    with anyio.fail_after(PATIENCE_S), pytest.raises(StartFailed, match=reason):
        async with host.start(command):
            pass

    assert psutil.Process().num_fds() == before


async def test_a_program_that_is_being_written_does_not_start(
    host: ProcessHost, tmp_path: Path
) -> None:
    program = tmp_path / "program"
    shutil.copy("/bin/true", program)
    command = Command(
        argv=("./program",), cwd=str(tmp_path), task_id=TaskId("t"), pty=False, sandbox="none"
    )

    with anyio.fail_after(PATIENCE_S):
        with program.open("ab"), pytest.raises(StartFailed, match="text file busy"):
            async with host.start(command):
                pass
        async with host.start(command) as process:
            assert await process.wait() == Exit(code=0)


@IN_TERMINAL
async def test_a_process_that_is_asked_to_stop_may_tidy_up(shell: Shell, pty: bool) -> None:
    script = "trap 'echo tidy > tidied; exit 7' TERM; echo ready; while :; do sleep 0.02; done"

    with anyio.fail_after(PATIENCE_S):
        async with shell.start(script, pty=pty) as process:
            await _ready(process)
            ended = await process.stop(grace_s=4)

    assert ended == Exit(code=7)
    assert await anyio.Path(shell.cwd, "tidied").read_text() == "tidy\n"


@IN_TERMINAL
async def test_a_process_that_will_not_stop_is_killed(shell: Shell, pty: bool) -> None:
    script = "trap '' TERM HUP INT; echo ready; while :; do sleep 0.02; done"

    with anyio.fail_after(PATIENCE_S):
        async with shell.start(script, pty=pty) as process:
            await _ready(process)
            ended = await process.stop(grace_s=0.1)

    assert ended == Exit(signal=signal.SIGKILL)


async def test_stopping_again_gives_the_same_exit(shell: Shell) -> None:
    with anyio.fail_after(PATIENCE_S):
        async with shell.start("sleep 60", pty=False) as process:
            first = await process.stop(grace_s=0)
            others = [await process.stop(grace_s=1), await process.wait()]

    assert [first, *others] == [Exit(signal=signal.SIGKILL)] * 3


@IN_TERMINAL
async def test_output_that_nobody_reads_holds_the_process_back(shell: Shell, pty: bool) -> None:
    script = "(yes | head -c 5000000; touch done) & wait"

    with anyio.fail_after(PATIENCE_S):
        async with shell.start(script, pty=pty) as process:
            output = process.output()
            await anext(output)
            assert not await anyio.Path(shell.cwd, "done").exists()
            rest = [len(text.text) async for text in output]
            await process.wait()

    assert sum(rest) > 4_000_000
    assert await anyio.Path(shell.cwd, "done").exists()


@IN_TERMINAL
async def test_the_end_of_a_command_leaves_a_later_one_of_its_task_alone(
    shell: Shell, pty: bool
) -> None:
    with anyio.fail_after(PATIENCE_S):
        async with shell.start("echo ready; sleep 60", pty=pty) as first:
            await _ready(first)
            async with shell.start(
                "setsid sleep 0.05 & echo ready; wait; exit 7", pty=pty
            ) as later:
                await _ready(later)
                await first.stop(grace_s=0)

                assert await later.wait() == Exit(code=7)


@IN_TERMINAL
async def test_leaving_kills_what_is_left(shell: Shell, pty: bool) -> None:
    with anyio.fail_after(PATIENCE_S):
        async with shell.start("sleep 60 & echo ready; sleep 60", pty=pty) as process:
            await _ready(process)
            group = os.getpgid(process.pid)

    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)


async def test_at_the_deadline_of_a_task_its_commands_are_killed_and_no_others(
    host: ProcessHost, tmp_path: Path
) -> None:
    late, other = (TaskId(f"task_{name}_{os.getpid()}") for name in ("late", "other"))

    def waiting(task_id: TaskId) -> AbstractAsyncContextManager[RunningProcess]:
        argv = ("/bin/sh", "-c", "setsid sleep 60 & echo ready; wait")
        return host.start(
            Command(argv=argv, cwd=str(tmp_path), task_id=task_id, pty=False, sandbox="none")
        )

    assert isinstance(host, Openable)
    with anyio.fail_after(PATIENCE_S):
        async with host.opened(), waiting(late) as ended, waiting(other) as spared:
            await _ready(ended)
            await _ready(spared)
            host.set_deadline(other, time.monotonic() + 600)
            host.set_deadline(late, time.monotonic())

            # What left its session may be seen by both that kill it, and be reported then.
            assert (await ended.wait()).signal == signal.SIGKILL
            assert host.deadline_watch == "working"
            assert psutil.Process(spared.pid).status() != psutil.STATUS_ZOMBIE


async def test_what_another_command_of_the_task_starts_meanwhile_is_left_alone(
    shell: Shell,
) -> None:
    starter = "setsid -w sh -c 'echo ready; read go; sleep 60 & echo $!; wait'"
    with anyio.fail_after(PATIENCE_S):
        async with shell.start(starter, pty=False, stdin="open") as first:
            await _ready(first)
            async with shell.start("echo ready; sleep 60", pty=False) as second:
                await _ready(second)
                await first.write(b"go\n")
                started = psutil.Process(int((await anext(first.output())).text))

            assert started.status() != psutil.STATUS_ZOMBIE


def _text(outputs: Sequence[Output]) -> str:
    return "".join(output.text for output in outputs)


async def _ready(process: RunningProcess) -> None:
    output = await anext(process.output())
    assert output.text == "ready\n"
