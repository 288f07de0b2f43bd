"""`agentcast doctor`: checks this machine, and advises what to install or change."""

import asyncio

from adapters.process.linux_process_host import LinuxProcessHost
from adapters.system.path_program_finder import PathProgramFinder
from entrypoints.cli.chosen_settings import Config, DataDir, chosen_settings
from entrypoints.cli.findings.agents import agent_findings, model_finding
from entrypoints.cli.findings.finding import Finding, report_findings, store_findings
from entrypoints.cli.findings.machine import (
    data_dir_finding,
    python_finding,
    sandbox_finding,
    user_finding,
    watchdog_finding,
)
from entrypoints.cli.options import AsJson
from entrypoints.cli.output import process_output
from entrypoints.container import Container
from entrypoints.settings.settings import Settings


def doctor(*, data_dir: DataDir = None, config: Config = None, json: AsJson = False) -> int:
    """Check what this machine has and lacks; exit with 1 when something keeps it from working."""
    settings = chosen_settings(config=config, data_dir=data_dir)
    return report_findings(asyncio.run(_findings(settings)), process_output(), as_json=json)


async def _findings(settings: Settings) -> list[Finding]:
    host = LinuxProcessHost()
    async with host.opened():
        processes = [await sandbox_finding(host), watchdog_finding(host)]
    return [
        python_finding(),
        data_dir_finding(settings.data_dir),
        *await store_findings(settings),
        *processes,
        user_finding(),
        model_finding(settings),
        *agent_findings(
            settings, kinds=tuple(Container.agents.runners.kwargs), programs=PathProgramFinder()
        ),
    ]
