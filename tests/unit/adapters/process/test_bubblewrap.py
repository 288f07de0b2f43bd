import logging
import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import anyio
import pytest

from adapters.process.bubblewrap import Sandbox, SandboxPlan, bubblewrap_argv
from adapters.process.linux_process_host import LinuxProcessHost
from domain.ids import TaskId
from ports.process import Command
from tests.patience import PATIENCE_S

HELD = "CapInh: 0\nCapPrm: 0\nCapEff: 0\nCapAmb: 0\nNoNewPrivs: 1\nSeccomp: 2\n"
# The trial is the only one that asks for its own status.
WORKS = f"""
case "$*" in */proc/self/status*) printf '{HELD.replace(chr(10), chr(92) + "n")}';; esac
"""


def test_a_command_sees_a_read_only_machine_and_writes_its_workspace_and_home(
    tmp_path: Path,
) -> None:
    plan = _plan(tmp_path)

    argv = bubblewrap_argv("/usr/bin/bwrap", ["/bin/ls", "-l"], plan)

    assert argv[:9] == [
        *("/usr/bin/bwrap", "--unshare-all", "--die-with-parent", "--cap-drop", "ALL"),
        *("--as-pid-1", "--ro-bind", "/", "/"),
    ]
    assert argv[9:13] == ["--dev", "/dev", "--proc", "/proc"]
    assert _place(argv, "--tmpfs", "/tmp") < _place(argv, "--bind", plan.home)
    assert argv[-14:] == [
        *("--new-session", "--tmpfs", "/tmp"),
        *("--bind", plan.home, plan.home, "--bind", plan.cwd, plan.cwd),
        *("--chdir", plan.cwd, "--", "/bin/ls", "-l"),
    ]


def test_settings_of_the_kernel_are_only_read(tmp_path: Path) -> None:
    argv = bubblewrap_argv("bwrap", ["ls"], _plan(tmp_path))

    assert _place(argv, "--proc", "/proc") < _place(argv, "--ro-bind", "/proc/sys")


def test_the_filter_is_named_by_its_descriptor(tmp_path: Path) -> None:
    argv = bubblewrap_argv("bwrap", ["ls"], replace(_plan(tmp_path), filter_fd=7))

    assert _place(argv, "--seccomp", "7") > 0


def test_the_network_is_shared_only_where_it_may_be(tmp_path: Path) -> None:
    assert "--share-net" in bubblewrap_argv("bwrap", ["ls"], _plan(tmp_path, network=True))
    assert "--share-net" not in bubblewrap_argv("bwrap", ["ls"], _plan(tmp_path))


def test_a_terminal_keeps_its_session(tmp_path: Path) -> None:
    assert "--new-session" not in bubblewrap_argv("bwrap", ["ls"], _plan(tmp_path, pty=True))


def test_a_workspace_inside_a_hidden_folder_is_laid_over_it(tmp_path: Path) -> None:
    argv = bubblewrap_argv("bwrap", ["ls"], _plan(tmp_path, hidden=[str(tmp_path)]))

    workspace = _place(argv, "--bind", f"{tmp_path}/work")
    assert _place(argv, "--tmpfs", str(tmp_path)) < workspace
    assert workspace < _place(argv, "--remount-ro", str(tmp_path))


def test_a_hidden_path_inside_the_workspace_is_laid_over_that(tmp_path: Path) -> None:
    (tmp_path / "work" / ".ssh").mkdir(parents=True)
    (tmp_path / "work" / ".netrc").touch()
    hidden = [f"{tmp_path}/work/.ssh", f"{tmp_path}/work/.netrc"]

    argv = bubblewrap_argv("bwrap", ["ls"], _plan(tmp_path, hidden=hidden))

    workspace = _place(argv, "--bind", f"{tmp_path}/work")
    assert workspace < _place(argv, "--tmpfs", hidden[0]) < _place(argv, "/dev/null", hidden[1])


def test_a_hidden_path_that_is_the_workspace_stays_hidden(tmp_path: Path) -> None:
    argv = bubblewrap_argv("bwrap", ["ls"], _plan(tmp_path, hidden=[f"{tmp_path}/work"]))

    assert _place(argv, "--bind", f"{tmp_path}/work") < _place(argv, "--tmpfs", f"{tmp_path}/work")


def test_a_private_folder_that_is_the_workspace_is_seen(tmp_path: Path) -> None:
    argv = bubblewrap_argv("bwrap", ["ls"], replace(_plan(tmp_path), cwd="/tmp"))

    assert ("--tmpfs", "/tmp") not in pairwise(argv)
    assert _place(argv, "--bind", "/tmp") > 0


def test_a_hidden_path_stays_hidden_in_a_workspace_that_is_the_whole_machine(
    tmp_path: Path,
) -> None:
    (tmp_path / "data").mkdir()
    plan = replace(_plan(tmp_path, hidden=[f"{tmp_path}/data"]), cwd="/")

    argv = bubblewrap_argv("bwrap", ["ls"], plan)

    assert _place(argv, "--bind", "/") < _place(argv, "--tmpfs", f"{tmp_path}/data")


def test_a_home_inside_a_hidden_folder_inside_the_workspace_is_seen(tmp_path: Path) -> None:
    data = tmp_path / "work" / "data"
    (data / "home").mkdir(parents=True)
    plan = replace(_plan(tmp_path, hidden=[str(data)]), home=f"{data}/home")

    argv = bubblewrap_argv("bwrap", ["ls"], plan)

    workspace = _place(argv, "--bind", plan.cwd)
    assert workspace < _place(argv, "--tmpfs", str(data)) < _place(argv, "--bind", plan.home)


def test_what_is_shared_may_be_written_and_what_is_shown_only_read(tmp_path: Path) -> None:
    for name in ("shared", "shown"):
        (tmp_path / name).mkdir()
    plan = replace(
        _plan(tmp_path), shared=[f"{tmp_path}/shared"], readable=[f"{tmp_path}/shown", "/tmp/x"]
    )

    argv = bubblewrap_argv("bwrap", ["ls"], plan)

    assert _place(argv, "--bind", f"{tmp_path}/shared") > 0
    assert _place(argv, "--tmpfs", "/tmp") < _place(argv, "--ro-bind", f"{tmp_path}/shown")


def _plan(
    folder: Path, *, hidden: list[str] | None = None, network: bool = False, pty: bool = False
) -> SandboxPlan:
    for name in ("work", "home"):
        (folder / name).mkdir(exist_ok=True)
    return SandboxPlan(
        cwd=str(folder / "work"),
        home=str(folder / "home"),
        hidden=hidden or [],
        private=["/tmp"],
        network="host" if network else "none",
        pty=pty,
    )


def _place(argv: list[str], *pair: str) -> int:
    return list(pairwise(argv)).index((pair[0], pair[1]))


async def sandboxes(folder: Path, *, bubblewrap: str, commands: int) -> list[str]:
    """What each command ran in, with this script in the place of bubblewrap."""
    program = folder / "bwrap"
    program.write_text(f"#!/bin/sh\necho tried >>{folder}/trials\n{bubblewrap}\n")
    program.chmod(0o700)
    host = LinuxProcessHost(environment={"PATH": f"{folder}:{os.environ['PATH']}"})
    used: list[str] = []
    with anyio.fail_after(PATIENCE_S):
        for _ in range(commands):
            command = Command(argv=("true",), cwd=str(folder), task_id=TaskId("t"), pty=False)
            async with host.start(command) as process:
                used.append(process.sandbox)
                await process.wait()
    return used


async def test_a_trial_that_was_killed_is_repeated(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    once = f"[ $(wc -l <{tmp_path}/trials) -gt 1 ] || kill -9 $$"

    with caplog.at_level(logging.WARNING):
        used = await sandboxes(tmp_path, bubblewrap=f"{once}; {WORKS}", commands=2)

    assert used == ["none", "bubblewrap"]
    assert caplog.messages == [
        f"{tmp_path}/bwrap does not work here: commands run without a sandbox"
    ]


@pytest.mark.parametrize("bubblewrap", ["exit 1", "exit 0", f"printf '{HELD[:-11]}\\n'"])
async def test_a_trial_that_failed_is_not_repeated(
    bubblewrap: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        used = await sandboxes(tmp_path, bubblewrap=bubblewrap, commands=2)

    assert used == ["none", "none"]
    assert (tmp_path / "trials").read_text() == "tried\n"
    assert len(caplog.messages) == 1


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("CapEff: 0", "CapEff: 00000000a80425fb"),
        ("CapPrm: 0", "CapPrm: 1"),
        ("CapAmb: 0\n", ""),
        ("NoNewPrivs: 1", "NoNewPrivs: 0"),
        ("Seccomp: 2", "Seccomp: 0"),
    ],
)
def test_a_sandbox_with_a_gap_does_not_hold(line: str, instead: str) -> None:
    sandbox = Sandbox("/usr/bin/bwrap")

    assert sandbox.holds(HELD)
    assert not sandbox.holds(HELD.replace(line, instead))
    assert not sandbox.holds("")
