"""Whether this machine's bubblewrap works is found out once, and only for certain."""

import logging
import os
from pathlib import Path

import anyio
import pytest

from adapters.process.linux_process_host import LinuxProcessHost
from adapters.process.sandbox import Sandbox
from domain.ids import TaskId
from ports.process import Command
from tests.patience import PATIENCE_S

HELD = "CapInh: 0\nCapPrm: 0\nCapEff: 0\nCapAmb: 0\nNoNewPrivs: 1\nSeccomp: 2\n"
# The trial is the only one that asks for its own status.
WORKS = f"""
case "$*" in */proc/self/status*) printf '{HELD.replace(chr(10), chr(92) + "n")}';; esac
"""


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


async def test_a_trial_that_was_killed_is_made_again(
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
async def test_a_trial_that_failed_is_made_once(
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
def test_a_sandbox_that_leaves_something_open_is_none(line: str, instead: str) -> None:
    sandbox = Sandbox("/usr/bin/bwrap")

    assert sandbox.holds(HELD)
    assert not sandbox.holds(HELD.replace(line, instead))
    assert not sandbox.holds("")
