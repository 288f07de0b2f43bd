"""What a sandboxed command can reach; needs bubblewrap on this machine."""

import os
import signal
import socket
from dataclasses import replace
from pathlib import Path

import anyio
import psutil
import pytest

from adapters.process.linux_process_host import LinuxProcessHost
from domain.agent_profile import Network
from domain.errors import StartFailed
from domain.ids import TaskId
from ports.process import Command, Exit, RunningProcess
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.fault

IN_TERMINAL = pytest.mark.parametrize("pty", [True, False], ids=["pty", "pipes"])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A server's data folder with a secret in it and a workspace inside."""
    folder = tmp_path / "data"
    (folder / "workspace").mkdir(parents=True)
    (folder / "canary").write_text("secret")
    return folder


@IN_TERMINAL
async def test_it_works_in_its_workspace_and_its_home(data: Path, pty: bool) -> None:
    printed, ended = await _run("pwd; echo made > file; touch ~/file && echo ok", data, pty=pty)

    assert printed == f"{data}/workspace\nok\n"
    assert ended == Exit(code=0)
    assert await anyio.Path(data, "workspace", "file").read_text() == "made\n"


@IN_TERMINAL
async def test_it_neither_reads_nor_writes_what_is_the_servers(data: Path, pty: bool) -> None:
    script = f"cat {data}/canary; ls {data}; touch /usr/made /etc/made {data}/../made; echo no >x"

    printed, _ = await _run(f"({script}) 2>/dev/null", data, pty=pty)

    assert printed == "workspace\n"
    assert not await anyio.Path(data.parent, "made").exists()


async def test_what_is_hidden_takes_nothing_that_would_be_lost(data: Path) -> None:
    printed, ended = await _run(f"exec 2>&1; echo made > {data}/file || echo refused", data)

    assert printed.endswith("Read-only file system\nrefused\n")
    assert ended == Exit(code=0)


async def test_what_is_the_servers_stays_hidden_in_a_workspace_around_it(data: Path) -> None:
    printed, _ = await _run("ls -A data; touch made", data, cwd=data.parent)

    assert printed == ""
    assert await anyio.Path(data.parent, "made").exists()


@pytest.mark.parametrize("cwd", ["/", ".", "link"])
async def test_it_does_not_start_where_it_would_see_what_is_hidden(data: Path, cwd: str) -> None:
    (data / "link").symlink_to("/")

    with pytest.raises(StartFailed, match="in a sandbox"):
        await _run(f"cat {data}/canary", data, cwd=data / cwd)


async def test_it_sees_no_process_of_the_machine(data: Path) -> None:
    printed, _ = await _run(f"kill -0 {os.getpid()} 2>/dev/null || echo /proc/[0-9]*", data)

    assert len(printed.split()) <= 3
    assert f"/proc/{os.getpid()}" not in printed.split()


@pytest.mark.parametrize(("network", "printed"), [("none", "refused\n"), ("host", "reached\n")])
async def test_it_reaches_the_network_only_if_it_may(
    data: Path, network: Network, printed: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        script = f"(exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null && echo reached || echo refused"
        assert (await _run(script, data, network=network))[0] == printed


async def test_a_terminal_has_job_control_and_a_size(data: Path) -> None:
    printed, _ = await _run(
        "test -t 1 && stty size </dev/tty && set -m && echo ok", data, pty=True
    )

    assert printed == "40 120\nok\n"


@IN_TERMINAL
async def test_what_it_leaves_behind_dies_with_it(data: Path, pty: bool) -> None:
    script = "setsid sleep 31536 & env -i setsid sleep 31536 & sleep 0.1; exit 3"

    _, ended = await _run(script, data, pty=pty)

    assert ended == Exit(code=3)
    assert _sleepers() == []


@IN_TERMINAL
@pytest.mark.parametrize(
    ("script", "ended"),
    [
        ("kill -9 $$", Exit(signal=9)),
        ("kill $$", Exit(signal=15)),
        ("exit 137", Exit(code=137)),
        ("sh -c 'kill -9 $$'; exit $?", Exit(code=137)),
    ],
)
async def test_a_signal_that_ended_it_is_reported_as_one(
    script: str, ended: Exit, data: Path, pty: bool
) -> None:
    assert (await _run(f"exec 2>/dev/null; {script}", data, pty=pty))[1] == ended


@IN_TERMINAL
async def test_a_signal_that_it_is_stopped_with_is_reported_as_one(data: Path, pty: bool) -> None:
    with anyio.fail_after(PATIENCE_S):
        async with LinuxProcessHost().start(
            _command("echo ready; exec sleep 600", data, pty=pty)
        ) as process:
            await anext(process.output())
            ended = await process.stop(grace_s=PATIENCE_S)

    assert ended == Exit(signal=signal.SIGTERM)


@IN_TERMINAL
async def test_it_may_tidy_up_when_it_is_stopped(data: Path, pty: bool) -> None:
    script = "trap 'echo tidy > tidied; exit 7' TERM; echo ready; while :; do sleep 0.02; done"

    with anyio.fail_after(PATIENCE_S):
        async with LinuxProcessHost().start(_command(script, data, pty=pty)) as process:
            await anext(process.output())
            ended = await process.stop(grace_s=5)

    assert ended == Exit(code=7)
    assert await anyio.Path(data, "workspace", "tidied").read_text() == "tidy\n"


@IN_TERMINAL
async def test_it_sees_only_three_descriptors(data: Path, pty: bool) -> None:
    script = "for fd in {0..9} {11..60}; do { true >&$fd; } 2>/dev/null && echo $fd; done"
    command = replace(
        _command(script, data, pty=pty), stdin="open", input_text="", memory_bytes=1_000_000_000
    )

    with anyio.fail_after(PATIENCE_S):
        async with LinuxProcessHost().start(command) as process:
            printed = "".join([output.text async for output in process.output()])

    assert printed.split() == ["0", "1", "2"]


@IN_TERMINAL
async def test_it_is_spoken_to_signalled_and_measured(data: Path, pty: bool) -> None:
    # The sleep dies of the signal too; what bash writes about it must not be mixed with the output.
    script = "exec 2>/dev/null; trap 'echo signalled; exit 5' USR1; cat; echo ready; "
    script += "while :; do sleep 0.02; done"
    command = replace(_command(script, data, pty=pty), stdin="open")

    with anyio.fail_after(PATIENCE_S):
        async with LinuxProcessHost().start(command) as process:
            await process.write(b"word\n")
            await process.end_input()
            printed = await _until("ready\n", process)
            used = await process.usage()
            await process.send_signal(signal.SIGUSR1)
            printed += "".join([output.text async for output in process.output()])
            ended = await process.wait()

    assert "word\n" in printed
    assert "signalled\n" in printed
    assert ended == Exit(code=5)
    assert used is not None
    assert used.processes in (1, 2)
    assert used.rss_bytes > 1_000_000


async def test_its_terminal_can_change_its_size(data: Path) -> None:
    script = "trap 'stty size <&1; exit' WINCH; echo ready; while :; do sleep 0.02; done"

    with anyio.fail_after(PATIENCE_S):
        async with LinuxProcessHost().start(_command(script, data, pty=True)) as process:
            await _until("ready\n", process)
            process.resize(rows=50, columns=200)
            printed = "".join([output.text async for output in process.output()])

    assert printed == "50 200\n"


def _command(
    script: str,
    data: Path,
    *,
    pty: bool = False,
    network: Network = "none",
    cwd: Path | None = None,
) -> Command:
    return Command(
        argv=("/bin/bash", "-c", script),
        cwd=str(cwd or data / "workspace"),
        task_id=TaskId("task_sandbox"),
        pty=pty,
        sandbox="require",
        network=network,
    )


async def _run(
    script: str,
    data: Path,
    *,
    pty: bool = False,
    network: Network = "none",
    cwd: Path | None = None,
) -> tuple[str, Exit]:
    host = LinuxProcessHost(hidden_folders=[str(data)])
    with anyio.fail_after(PATIENCE_S):
        async with host.start(
            _command(script, data, pty=pty, network=network, cwd=cwd)
        ) as process:
            assert process.sandbox == "bubblewrap"
            printed = "".join([output.text async for output in process.output()])
            return printed, await process.wait()


async def _until(end: str, process: RunningProcess) -> str:
    printed = ""
    while not printed.endswith(end):
        printed += (await anext(process.output())).text
    return printed


def _sleepers() -> list[int]:
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if process.info["cmdline"] == ["sleep", "31536"]
    ]
