"""Commands as processes: started, listened to, stopped with all their descendants."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from domain.agent_profile import Network, SandboxWish
from domain.ids import TaskId
from domain.process_events import OutputStream


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    argv: Sequence[str]
    """The first is looked up in the PATH; never read by a shell."""
    cwd: str
    task_id: TaskId
    """Its descendants carry it in their environment as AGENTCAST_TASK_ID."""
    pty: bool
    env: Mapping[str, str] = field(default_factory=dict)
    """Added to a small fixed environment; nothing else of the server's is passed on."""
    env_passthrough: Sequence[str] = ()
    """Names of the server's variables that are passed on where they are set."""
    sandbox: SandboxWish = "auto"
    network: Network = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    stream: OutputStream
    text: str
    """Decoded as it came; bytes that are no UTF-8 are replaced, never a character cut in two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """Exactly one of `code` and `signal` is given."""

    code: int | None = None
    signal: int | None = None
    leaked_pids: Sequence[int] = ()
    """Descendants that had left the process group and were killed one by one."""


class RunningProcess(Protocol):
    @property
    def pid(self) -> int: ...

    @property
    def sandbox(self) -> str:
        """`bubblewrap`, or `none`."""

    def output(self) -> AsyncIterator[Output]:
        """What it writes, until it has exited and its pipes are drained (at most 2 s more).

        Read by one caller, once. Not reading it holds the process back.
        """

    async def wait(self) -> Exit:
        """Until it has exited, and nothing it started is left."""

    async def stop(self, *, grace_s: float) -> Exit:
        """Ask the group to end, kill it after `grace_s`; also what has left the group."""


class ProcessHost(Protocol):
    def start(self, command: Command) -> AbstractAsyncContextManager[RunningProcess]:
        """Start the command; leaving the context kills whatever is left of it.

        Raises StartFailed: no such command, not executable, no such folder, arguments too long,
        a NUL in them, or a sandbox is required and the machine has none.
        """

    async def sweep(self, tasks: Collection[TaskId]) -> Collection[int]:
        """Kill what a dead server left running of these tasks; the pids that were killed."""
