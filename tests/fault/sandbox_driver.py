"""Runs programs in sandboxes as a server of any user does, in a separate process.

Its argument is a file with a plan, as JSON: where programs are run, and each by a name. It prints,
as JSON, the output of each in a sandbox of its own, and how it ended.
"""

import asyncio
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TypedDict

from adapters.process.linux_process_host import LinuxProcessHost
from domain.agent_profile import Network
from domain.ids import TaskId
from ports.process import Command

_MOST_S = 10
"""An attack that half works may stop itself, and then has no exit code."""


class Plan(TypedDict):
    workspace: str
    hidden_folders: list[str]
    secret_files: list[str]
    sockets: list[str]
    network: Network
    host: dict[str, object]
    """Paths and ids of the machine that the programs get."""
    programs: dict[str, str]


class Ran(TypedDict):
    output: str
    code: int | None
    sandbox: str


async def _all(plan: Plan) -> dict[str, Ran]:
    plan["host"]["server"] = os.getpid()
    host = LinuxProcessHost(
        hidden_folders=plan["hidden_folders"], secret_files=plan["secret_files"]
    )
    return {name: await _ran(host, program, plan) for name, program in plan["programs"].items()}


async def _ran(host: LinuxProcessHost, program: str, plan: Plan) -> Ran:
    command = Command(
        argv=(sys.executable, "-c", program, json.dumps(plan["host"])),
        cwd=plan["workspace"],
        task_id=TaskId("task_attack"),
        pty=False,
        sandbox="require",
        network=plan["network"],
        sockets=plan["sockets"],
    )
    async with host.start(command) as process:
        printed = ""
        with suppress(TimeoutError):
            async with asyncio.timeout(_MOST_S):
                async for output in process.output():
                    printed += output.text
                await process.wait()
        ended = await process.stop(grace_s=0)
        return {"output": printed, "code": ended.code, "sandbox": process.sandbox}


if __name__ == "__main__":
    found = asyncio.run(_all(json.loads(Path(sys.argv[1]).read_text())))
    sys.stdout.write(json.dumps(found))
