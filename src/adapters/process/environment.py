"""The environment of a process: a short list of the server's variables, and what it is given."""

from collections.abc import Mapping

from domain.ids import TaskId
from ports.process import Command

TASK_MARK = "AGENTCAST_TASK_ID"
_PASSED_ON = frozenset({"PATH", "LANG", "LANGUAGE", "TZ", "USER", "LOGNAME"})
_DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"


def process_environment(
    command: Command, *, server: Mapping[str, str], home: str
) -> dict[str, str]:
    """Nothing of the server's environment but what is listed here or named by the command."""
    passed = {name: value for name, value in server.items() if _is_passed_on(name, command)}
    return {
        "PATH": _DEFAULT_PATH,
        "TERM": "xterm-256color" if command.pty else "dumb",
        "PYTHONUNBUFFERED": "1",
        "HOME": home,
        **passed,
        **command.env,
        TASK_MARK: command.task_id,
    }


def mark_of(task_id: TaskId) -> bytes:
    """What the environment of every descendant of the task's processes holds."""
    return f"{TASK_MARK}={task_id}".encode(errors="surrogateescape")


def _is_passed_on(name: str, command: Command) -> bool:
    return name in _PASSED_ON or name.startswith("LC_") or name in command.env_passthrough
