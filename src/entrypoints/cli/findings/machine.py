"""What `doctor` finds of this machine: Python, data directory, sandbox, watchdog and user."""

import os
import platform
import tempfile
from pathlib import Path

from adapters.process.linux_process_host import LinuxProcessHost
from domain.errors import StartFailed
from domain.ids import TaskId
from entrypoints.cli.findings.finding import Finding, Verdict
from ports.process import Command


def python_finding() -> Finding:
    version = platform.python_version()
    return Finding(verdict="ok", subject="python", text=f"{version} on {platform.system()}")


def data_dir_finding(folder: Path) -> Finding:
    """Creates nothing."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        text = f"{folder} cannot be written ({error.strerror}): choose another with --data-dir"
        return Finding(verdict="fail", subject="data", text=text)
    note = "" if existing == folder else " (made at the first start)"
    return Finding(verdict="ok", subject="data", text=f"{folder}{note}")


async def sandbox_finding(host: LinuxProcessHost) -> Finding:
    """Runs a command, as bubblewrap may be installed and not permitted."""
    trial = Command(argv=("true",), cwd=tempfile.gettempdir(), task_id=TaskId("doctor"), pty=False)
    try:
        async with host.start(trial) as process:
            await process.wait()
    except StartFailed as error:
        return Finding(verdict="fail", subject="processes", text=f"cannot be started: {error}")
    if (sandbox := await host.sandbox()) is not None:
        verdict: Verdict = "ok" if sandbox.is_filtered else "warn"
        return Finding(verdict=verdict, subject="sandbox", text=sandbox.description)
    text = (
        "none: commands run with this user's rights, and what hides may outlive a `kill -9` of the "
        "server; install bubblewrap to fence them in"
    )
    return Finding(verdict="warn", subject="sandbox", text=text)


def watchdog_finding(host: LinuxProcessHost) -> Finding:
    """Call while the host is open and after it has started a command."""
    match host.deadline_watch:
        case "working":
            text = "ends commands also while the server is frozen"
            return Finding(verdict="ok", subject="watchdog", text=text)
        case "failing":
            text = "does not start: while the server is frozen, commands outlast their lease"
            return Finding(verdict="fail", subject="watchdog", text=text)
        case "none":
            text = "needs Linux 5.3: while the server is frozen, commands outlast their lease"
            return Finding(verdict="warn", subject="watchdog", text=text)


def user_finding() -> Finding:
    if os.geteuid() == 0:
        text = (
            "root: whatever an agent runs outside of a sandbox may do anything; use another user"
        )
        return Finding(verdict="warn", subject="user", text=text)
    return Finding(verdict="ok", subject="user", text=f"uid {os.geteuid()}")
