"""Sandboxes commands with bubblewrap, and checks that the sandbox of this machine holds."""

import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from adapters.process.syscall_filter import syscall_filter
from domain.agent_profile import Network

TRIAL = ("cat", "/proc/self/status")
"""The command that is run in the sandbox to check it: it prints the status of the process."""
_CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapAmb")
_FILTERED = "2"  # SECCOMP_MODE_FILTER
# As root bubblewrap leaves a command all its capabilities unless they are dropped; it sets
# no_new_privs by itself. Our init process replaces its own as pid 1.
_BOUNDS = ("--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--as-pid-1")
_VIEW = ("--ro-bind", "/", "/")
_FRESH = ("--dev", "/dev", "--proc", "/proc")
# Most of /proc is guarded by the owner's uid only, and root has the same uid inside. Bubblewrap
# covers the first four, but takes /proc/sys for read-only because no file can be created in it.
_SETTINGS = ("sys", "sysrq-trigger", "irq", "bus", "acpi", "asound", "fs", "mtrr", "scsi")


@dataclass(frozen=True, slots=True)
class Sandbox:
    program: str
    """The path of bubblewrap."""

    @property
    def is_filtered(self) -> bool:
        """Whether there is a seccomp filter for this machine."""
        return syscall_filter(unix_sockets=False) is not None

    @property
    def name(self) -> str:
        return "bubblewrap" if self.is_filtered else "bubblewrap_unfiltered"

    @property
    def description(self) -> str:
        if self.is_filtered:
            return "bubblewrap: no capability, no new privileges, a seccomp filter"
        return f"bubblewrap without a seccomp filter: none is known for {platform.machine()}"

    def holds(self, status_text: str) -> bool:
        """Whether the output of `TRIAL` shows no capability, no_new_privs and our filter, as in
        proc_pid_status(5)."""
        lines = (line.partition(":") for line in status_text.splitlines())
        status = {name: value.strip() for name, _, value in lines}
        return (
            all(status.get(name, "").strip("0") == "" and name in status for name in _CAPABILITIES)
            and status.get("NoNewPrivs") == "1"
            and (not self.is_filtered or status.get("Seccomp") == _FILTERED)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxPlan:
    """What one command may see, write and reach; all paths are absolute."""

    cwd: str
    home: str
    hidden: Sequence[str]
    private: Sequence[str]
    """Folders that are replaced by empty ones, except one that it works in."""
    network: Network
    pty: bool
    shared: Sequence[str] = ()
    """Further folders that it may write to."""
    readable: Sequence[str] = ()
    """Paths that it may read, and sockets that it may reach, inside of hidden folders."""
    filter_fd: int | None = None
    """Where bubblewrap reads the seccomp filter; None if there is none for this machine."""


def bubblewrap_argv(program: str, argv: Sequence[str], plan: SandboxPlan) -> list[str]:
    return [
        program,
        *_BOUNDS,
        *_VIEW,
        *_FRESH,
        *_settings(),
        *(() if plan.filter_fd is None else ("--seccomp", str(plan.filter_fd))),
        *(("--share-net",) if plan.network == "host" else ()),
        # A new session would lose the controlling terminal, which is private to the command.
        *(() if plan.pty else ("--new-session",)),
        *_mounts(plan),
        "--chdir",
        plan.cwd,
        "--",
        *argv,
    ]


def _settings() -> Iterator[str]:
    """Mounts the settings of the kernel read-only."""
    for path in (f"/proc/{name}" for name in _SETTINGS):
        if os.path.exists(path):
            yield from ("--ro-bind", path, path)


def _mounts(plan: SandboxPlan) -> Iterator[str]:
    """Outer folders first, and for the same path its mask last: the last mount is the one seen."""
    shown = [path for path in (plan.home, plan.cwd, *plan.shared) if os.path.isdir(path)]
    mounts: list[tuple[str, tuple[str, ...]]] = [
        (path, ("--ro-bind", path, path)) for path in plan.readable
    ]
    mounts += [(path, ("--bind", path, path)) for path in dict.fromkeys(shown)]
    hidden = (*(path for path in plan.private if path not in shown), *plan.hidden)
    mounts += [(path, _mask(path)) for path in dict.fromkeys(hidden)]
    for _, mount in sorted(mounts, key=lambda one: len(PurePath(one[0]).parts)):
        yield from mount
    for path in filter(os.path.isdir, dict.fromkeys(plan.hidden)):
        yield from ("--remount-ro", path)  # after what is shown in it is mounted


def _mask(path: str) -> tuple[str, ...]:
    return ("--tmpfs", path) if os.path.isdir(path) else ("--ro-bind", "/dev/null", path)
