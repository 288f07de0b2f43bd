"""Events of a command that runs as a process."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from domain.extraction import Captured
from domain.json_values import require_finite

OutputStream = Literal["stdout", "stderr", "pty"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStarted:
    pid: int
    command: str
    cwd: str
    pty: bool
    sandbox: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """One line of output; line_num counts from 1 over all streams of the process."""

    line: str
    line_num: int
    stream: OutputStream
    partial: bool | None = None
    """The line goes on in the next event with the same line_num."""
    text: str | None = None
    """The line without terminal escapes, when that differs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """Something a rule found; `value` and `groups` have the types that the rule names."""

    rule: str
    value: Captured
    line_num: int
    groups: Mapping[str, Captured] | None = None

    def __post_init__(self) -> None:
        require_finite((self.value, self.groups))


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceUsage:
    cpu_percent: float
    rss_bytes: int
    processes: int

    def __post_init__(self) -> None:
        require_finite(self.cpu_percent)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessExited:
    """Exactly one of exit_code and signal is given."""

    duration_ms: int
    exit_code: int | None = None
    signal: int | None = None
    leaked_pids: tuple[int, ...] | None = None
    stopped: bool | None = None
    """True if the server ended it because it kept running after its turn; its exit code or signal
    is not the task's then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    source: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaDrift:
    source: str
    what: str


ProcessEvent = (
    ProcessStarted | Log | Extraction | ResourceUsage | ProcessExited | Raw | SchemaDrift
)
