"""Commands as processes: started, listened to, stopped with all their descendants."""

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
    """The first is looked up in the PATH; never read by a shell."""
    cwd: str
    task_id: TaskId
    """Its descendants carry it in their environment as AGENTCAST_TASK_ID."""
    pty: bool
    env: Mapping[str, str] = field(default_factory=dict)
    """Added to a small fixed environment; nothing else of the server's is passed on."""
    env_passthrough: Sequence[str] = ()
    """Names of the server's variables that are passed on where they are set."""
    home: str | None = None
    """An existing folder to be its HOME; None makes one that goes when it ends."""
    shared_folders: Sequence[str] = ()
    """What a sandbox lets it write to besides: paths, or `$NAME` for the folder that a variable
    of its environment names. Those that do not exist are passed over."""
    shown_paths: Sequence[str] = ()
    """Files and folders that it must be able to read, also in a sandbox."""
    sockets: Sequence[str] = ()
    """Unix sockets of the machine that it may reach from a sandbox, by absolute path; `/tmp` lets
    its processes make some for each other. Without any it can make none."""
    home_files: Mapping[str, str] = field(default_factory=dict)
    """Put into its private HOME, by relative path; left out where `env` names another HOME."""
    home_argv: Collection[int] = ()
    """The places of `argv` where `{home}` stands for the path of its HOME."""
    stdin: Literal["closed", "open"] = "closed"
    """`closed` is at its end from the start, also in a terminal: nothing can wait for it."""
    input_text: str | None = None
    """Given on its standard input in the background; the input then ends unless it is open.

    In a terminal it is typed, so the terminal shows it, and takes no line above 4 KiB whole.
    """
    rows: int = 40
    columns: int = 120
    memory_bytes: int | None = None
    """Address space of each of its processes."""
    max_file_bytes: int | None = None
    """How long a file may become that one of its processes writes; whoever goes on is ended."""
    max_processes: int | None = None
    """How many may run at the same time; above that all are killed. None: 512 in a sandbox."""
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
    limit: Literal["memory", "processes"] | None = None
    """The limit that ended it. For memory that is a judgement: it failed, close to its limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessUsage:
    """What a command and all its descendants use; a sandbox's own processes are not counted."""

    cpu_percent: float
    """Since the last time it was asked for, or the start; above 100 on several processors."""
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
        """Give it input, whole and after what was given before.

        Raises StateConflict: the input is closed, it has exited, or it has not read for so long
        (a few seconds) that there was no room. In the last case it may have got a part.
        """

    async def end_input(self) -> None:
        """The end of its input, after what was given before; without effect if it is closed.

        In a terminal it is the key for it, ^D, and the input stays open. Raises StateConflict:
        it has exited, or has not read for too long.
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
        """Until it has exited, and nothing it started is left."""

    async def stop(self, *, grace_s: float) -> Exit:
        """Ask the group to end, kill it after `grace_s`; also what has left the group."""


class ProcessHost(Protocol):
    def start(self, command: Command) -> AbstractAsyncContextManager[RunningProcess]:
        """Start the command; leaving the context kills whatever is left of it.

        Raises StartFailed: no such command, not executable, no such folder, arguments too long,
        a NUL in them, a home file outside of the home, a socket that is not there, or a sandbox
        is required and the machine has none.
        """

    @property
    def deadline_watch(self) -> Literal["working", "failing", "none"]:
        """Whether `set_deadline` binds: `none` where the system lacks what it takes."""

    def set_deadline(self, task_id: TaskId, at: float | None) -> None:
        """Kill what runs of the task's commands at `at`, even if this process is stopped by then.

        By the monotonic clock. A later call moves it, for commands that run and those that are
        started after it; None takes it away. All commands are killed at the end of this process.
        """

    async def sweep(self, tasks: Collection[TaskId]) -> Collection[int]:
        """Kill what a dead server left running of these tasks; the pids that were killed."""
