"""A server without the extra: in a process of its own, where the library cannot be imported."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]
PROGRAM = """
import asyncio, sys
sys.modules["acp"] = None
from adapters.acp.acp_runner import AcpRunner
from adapters.process.linux_process_host import LinuxProcessHost
from application.programs.usage_sampling import UsageSampling
from domain.agent_profile import AgentProfile
from tests.fakes import FakeClock
from tests.process_fakes import RecordingContext, process_task
from tests.command_runner_fakes import FakeHomes, FakeOutputArchive, setup_command

runner = AcpRunner(
    process_host=LinuxProcessHost(),
    homes=FakeHomes(),
    archive=FakeOutputArchive(),
    sampling=UsageSampling,
    setup=setup_command(LinuxProcessHost()),
    clock=FakeClock(),
)
context = RecordingContext(profile=AgentProfile(name="a", kind="acp", argv=("true",)))
outcome = asyncio.run(runner.run(process_task("go"), context))
sys.stdout.write(f"{outcome.reason}: {outcome.error}")
"""


def test_a_task_without_the_extra_names_the_missing_package() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"PYTHONPATH": f"{ROOT}/src:{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )

    assert ran.stdout == (
        "start_failed: agents of the kind 'acp' need one more package: agentcast[acp]"
    )
