"""What a command that an agent has the server run can reach; needs bubblewrap on this machine."""

from pathlib import Path

import anyio
import pytest

from adapters.acp.terminals import Terminals
from adapters.process.linux_process_host import LinuxProcessHost
from adapters.system.id_source import SystemIdSource
from ports.process import Command
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.fault


@pytest.mark.parametrize("name", ["HOME", "SHARED", "ANY"])
async def test_no_variable_that_an_agent_gives_a_command_widens_its_sandbox(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "workspace").mkdir()
    (tmp_path / "hidden" / "inner").mkdir(parents=True)
    (tmp_path / "hidden" / "inner" / "canary").write_text("secret")
    agent = Command(
        argv=("agent",),
        cwd=f"{tmp_path}/workspace",
        task_id=SystemIdSource().task_id(),
        pty=False,
        sandbox="require",
        shared_folders=("$SHARED",),
    )
    printed: list[str] = []
    failures: list[Exception] = []

    async def show(_: str, text: str) -> None:
        printed.append(text)

    host = LinuxProcessHost(hidden_folders=[f"{tmp_path}/hidden"])
    terminals = Terminals(host, agent, show=show, fail=failures.append)
    given = {"name": name, "value": f"{tmp_path}/hidden/inner"}
    script = f"(cat ${name}/canary; touch ${name}/made) 2>/dev/null; echo ${name}"

    with anyio.fail_after(PATIENCE_S):
        made = await terminals.create({"command": script, "env": [given]})
        await terminals.wait_for_exit(made)
        await terminals.end()

    assert "".join(printed) == f"{tmp_path}/hidden/inner\n"
    assert not (tmp_path / "hidden" / "inner" / "made").exists()
    assert failures == []
