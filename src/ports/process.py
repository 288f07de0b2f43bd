"""Commands as processes: started, read, stopped with all their descendants."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol

from domain.agent_profile import Network, SandboxWish
from domain.ids import TaskId
from domain.process_events import OutputStream


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    argv: Sequence[str]
    """The first is looked up in the PATH; no shell is involved."""
    cwd: str
    task_id: TaskId
    """In the environment of all its descendants as AGENTCAST_TASK_ID."""
    pty: bool
    env: Mapping[str, str] = field(default_factory=dict)
    """Added to a small fixed environment; nothing else of the server is passed on."""
    env_passthrough: Sequence[str] = ()
    """Names of variables of the server that are passed on if they are set."""
    home: str | None = None
    """An existing folder for its HOME; None creates one that is removed when it ends."""
    shared_folders: Sequence[str] = ()
    """Folders besides `cwd` that it may write to in a sandbox: paths, or `$NAME` for the folder in
    a variable of its environment. Missing ones are skipped."""
    shown_paths: Sequence[str] = ()
    """Files and folders that stay readable in a sandbox."""
    sockets: Sequence[str] = ()
    """Unix sockets that it may connect to from a sandbox, by absolute path; `/tmp` allows sockets
    between its own processes. Empty: it can create none at all."""
    home_files: Mapping[str, str] = field(default_factory=dict)
    """Texts written into its private HOME, by relative path; ignored if `env` sets HOME."""
    home_argv: Collection[int] = ()
    """Indices of `argv` in which `{home}` is replaced by the path of its HOME."""
    stdin: Literal["closed", "open"] = "closed"
    """`closed` is at end of file from the start, also in a terminal."""
    input_text: str | None = None
    """Written to its standard input in the background, which then ends unless it is open.

    A terminal echoes it, and truncates lines above 4 KiB.
    """
    rows: int = 40
    columns: int = 120
    memory_bytes: int | None = None
    """Address space of each of its processes."""
    max_file_bytes: int | None = None
    """Size of each file that its processes write (RLIMIT_FSIZE); SIGXFSZ above it."""
    max_processes: int | None = None
    """Processes at the same time; above that all are killed. None: 512 in a sandbox."""
    sandbox: SandboxWish = "auto"
    network: Network = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    stream: OutputStream
    text: str
    """Decoded incrementally: invalid UTF-8 is replaced, and no character is split."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """Exactly one of `code` and `signal` is given."""

    code: int | None = None
    signal: int | None = None
    leaked_pids: Sequence[int] = ()
    """Descendants that had left the process group and were killed one by one."""
    limit: Literal["memory", "processes"] | None = None
    """The limit that ended it. For memory a judgement: it failed close to its limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessUsage:
    """Of a command and all its descendants, without the processes of the sandbox itself."""

    cpu_percent: float
    """Since the previous call, or the start; above 100 on several processors."""
    rss_bytes: int
    processes: int


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

    async def write(self, data: bytes) -> None:
        """Write input, in order with earlier calls.

        Raises StateConflict: the input is closed, it has exited, or it did not read for a few
        seconds. In the last case it may have received a part.
        """

    async def end_input(self) -> None:
        """End its input after earlier writes; no effect if it is closed.

        In a terminal this types ^D, and the input stays open. Raises StateConflict: it has exited,
        or did not read for a few seconds.
        """

    def resize(self, *, rows: int, columns: int) -> None:
        """The terminal's size, each 1 to 65535; without effect on pipes and after the exit."""

    async def send_signal(self, number: int) -> None:
        """Signal the terminal's foreground group; with pipes, the command's group.

        Raises StateConflict when it has exited.
        """

    async def usage(self) -> ProcessUsage | None:
        """None when it has exited."""

    async def wait(self) -> Exit:
        """Returns when it has exited, and all its descendants are gone."""

    async def stop(self, *, grace_s: float) -> Exit:
        """SIGTERM to the group, SIGKILL to all descendants after `grace_s`."""


class ProcessHost(Protocol):
    def start(self, command: Command) -> AbstractAsyncContextManager[RunningProcess]:
        """Start the command; leaving the context kills whatever is left of it.

        Raises StartFailed: no such command, not executable, no such folder, arguments too long,
        a NUL in them, a home file outside of the home, a socket that is not there, or a sandbox
        is required and the machine has none.
        """

    @property
    def deadline_watch(self) -> Literal["working", "failing", "none"]:
        """Whether `set_deadline` is enforced; `none` where the system lacks what it needs."""

    def set_deadline(self, task_id: TaskId, at: float | None) -> None:
        """Kill all commands of the task at `at`, even if this process is frozen by then.

        `at` is on the monotonic clock. A later call replaces it, for running and future commands;
        None removes it. All commands are killed at the end of this process.
        """

    async def sweep(self, tasks: Collection[TaskId]) -> Collection[int]:
        """Kill processes of these tasks that a dead server left running; returns their pids."""
