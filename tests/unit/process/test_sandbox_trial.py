"""Whether this machine's bubblewrap works is found out once, and only for certain."""

import logging
import os
from pathlib import Path

import anyio
import pytest

from adapters.process.linux_process_host import LinuxProcessHost
from domain.ids import TaskId
from ports.process import Command
from tests.patience import PATIENCE_S

WORKS = 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"'


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


async def test_a_trial_that_failed_is_made_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        used = await sandboxes(tmp_path, bubblewrap="exit 1", commands=2)

    assert used == ["none", "none"]
    assert (tmp_path / "trials").read_text() == "tried\n"
    assert len(caplog.messages) == 1
