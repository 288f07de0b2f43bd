"""What `doctor` looks at on this machine, apart from the database."""

import os
import platform
import sys
import tempfile
from pathlib import Path

from adapters.process.bubblewrap import bubblewrap_path
from entrypoints.cli.finding import Finding


def python_finding() -> Finding:
    version = platform.python_version()
    if sys.version_info < (3, 11):
        text = f"{version} is too old: install 3.11 or newer"
        return Finding(verdict="fail", subject="python", text=text)
    return Finding(verdict="ok", subject="python", text=f"{version} on {platform.system()}")


def data_dir_finding(folder: Path) -> Finding:
    """Leaves nothing behind that was not there."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        text = f"{folder} cannot be written ({error.strerror}): choose another with --data-dir"
        return Finding(verdict="fail", subject="data", text=text)
    note = "" if existing == folder else " (made at the first start)"
    return Finding(verdict="ok", subject="data", text=f"{folder}{note}")


def sandbox_finding() -> Finding:
    if program := bubblewrap_path():
        return Finding(verdict="ok", subject="sandbox", text=f"bubblewrap at {program}")
    text = "none: commands run with this user's rights; install bubblewrap to fence them in"
    return Finding(verdict="warn", subject="sandbox", text=text)


def user_finding() -> Finding:
    if os.geteuid() == 0:
        text = (
            "root: whatever an agent runs outside of a sandbox may do anything; use another user"
        )
        return Finding(verdict="warn", subject="user", text=text)
    return Finding(verdict="ok", subject="user", text=f"uid {os.geteuid()}")
