"""The sandbox of this machine, and what must be true inside of it before it is called one."""

import platform
from dataclasses import dataclass

from adapters.process.syscall_filter import syscall_filter

TRIAL = ("cat", "/proc/self/status")
"""What is run inside of it to find out whether it holds."""

_CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapAmb")
_FILTERED = "2"  # SECCOMP_MODE_FILTER


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

    def holds(self, said: str) -> bool:
        """Whether what the trial said is what proc_pid_status(5) says of a process with no
        capability, that can get none, under our filter."""
        lines = (line.partition(":") for line in said.splitlines())
        status = {name: value.strip() for name, _, value in lines}
        return (
            all(status.get(name, "").strip("0") == "" and name in status for name in _CAPABILITIES)
            and status.get("NoNewPrivs") == "1"
            and (not self.is_filtered or status.get("Seccomp") == _FILTERED)
        )
