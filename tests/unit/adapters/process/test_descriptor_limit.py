import os
import resource
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from adapters.process.linux_process_host import LinuxProcessHost
from domain.ids import TaskId
from ports.process import Command
from tests.patience import PATIENCE_S


@pytest.fixture
def former() -> Iterator[int]:
    """The limit this process was started with; it has another one meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft - 1, hard))
    yield soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("pty", [True, False], ids=["pty", "pipes"])
async def test_a_command_has_the_limit_of_open_files_that_the_server_was_started_with(
    former: int, tmp_path: Path, pty: bool
) -> None:
    command = Command(
        argv=("/bin/sh", "-c", "ulimit -Sn"),
        cwd=os.fspath(tmp_path),
        task_id=TaskId("t"),
        pty=pty,
        sandbox="none",
    )

    with anyio.fail_after(PATIENCE_S):
        async with LinuxProcessHost().start(command) as process:
            said = "".join([output.text async for output in process.output()])

    assert said == f"{former}\n"
