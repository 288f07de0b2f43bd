"""Failures of a verb: one line for the user and an exit code.

CommandFailure
├── UsageMistake
├── ServerUnreachable
└── ServerRefused
"""

from domain.errors import AgentcastError
from entrypoints.cli.exit_code import ExitCode


class CommandFailure(AgentcastError):
    """Ends the verb with its message and exit code."""

    exit_code: int = ExitCode.FAILED


class UsageMistake(CommandFailure):
    """The arguments are invalid."""

    exit_code = ExitCode.USAGE


class ServerUnreachable(CommandFailure):
    """No server answers at the address."""

    exit_code = ExitCode.UNREACHABLE


class ServerRefused(CommandFailure):
    """The server answered with a problem."""

    def __init__(self, message: str, *, status: int, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s
        self.exit_code = ExitCode.USAGE if status in (400, 422) else ExitCode.FAILED

    @property
    def is_temporary(self) -> bool:
        """Whether the same request may succeed later."""
        return self.status in (429, 502, 503, 504)
