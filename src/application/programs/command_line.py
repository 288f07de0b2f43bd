"""The command that is started for a task of an agent that is a program."""

from collections.abc import Mapping

from domain.agent_argv import filled_argv
from domain.agent_profile import COMMAND_LINE, AgentProfile
from domain.agent_thread import AgentThread
from domain.errors import StartFailed
from domain.model_choice import argv_for_model
from domain.task import Task
from ports.agent_dialogue import AgentDialogue
from ports.process import Command

TASK_FILE = ".agentcast/task.txt"
"""The path below the private home of a task's text that is handed over as a file."""

_SHELL = ("/bin/sh", "-c")
_PATH = "{home}/" + TASK_FILE
_TERMINAL_LINE = 4095  # bytes; a terminal silently drops what is longer


def command_of(
    task: Task,
    profile: AgentProfile,
    *,
    workspace: str,
    thread: AgentThread | None = None,
    dialogue: AgentDialogue | None = None,
) -> Command:
    """`thread` is the conversation to resume, `dialogue` the protocol on the command's input.

    Raises StartFailed for a profile that names no command, or cannot hand the task over.
    """
    by_file, by_stdin = (_is_handed_over(profile, how) for how in ("file", "stdin"))
    if by_file and has_other_home(profile):
        raise StartFailed("a task can be handed over as a file only in a HOME of its own")
    if by_stdin and profile.pty and not _fits_a_terminal(task.text):
        most = f"a terminal takes at most {_TERMINAL_LINE} bytes in a line"
        raise StartFailed(f"{most}: set pty = false for agent {profile.name!r}, or use a file")
    argv = _argv(task, profile, thread)
    return Command(
        argv=argv,
        cwd=workspace,
        task_id=task.task_id,
        pty=profile.pty,
        env=profile.env,
        env_passthrough=profile.env_passthrough,
        home_files={**profile.home_files, **({TASK_FILE: task.text} if by_file else {})},
        home_argv=tuple(at for at, item in enumerate(argv) if by_file and _PATH in item),
        stdin="open" if profile.keeps_stdin or (dialogue and dialogue.is_open) else "closed",
        input_text=dialogue.opening if dialogue else task.text if by_stdin else None,
        shared_folders=profile.shared_folders,
        sockets=profile.sockets,
        shown_paths=tuple(item for item in profile.argv if item.startswith("/")),
        memory_bytes=profile.memory_bytes,
        max_processes=profile.processes,
        sandbox=profile.sandbox,
        network=profile.network,
    )


def has_other_home(profile: AgentProfile) -> bool:
    """Whether its processes get a HOME that is not made for them."""
    return "HOME" in profile.env or "HOME" in profile.env_passthrough


def resumes_latest(profile: AgentProfile) -> bool:
    """Whether its command resumes the latest conversation, without naming one."""
    argv = profile.resume_argv
    return bool(argv) and not any("{thread}" in item for item in argv)


def thread_to_resume(profile: AgentProfile, kept: AgentThread | None) -> AgentThread | None:
    """The kept conversation, if there is a way to resume it."""
    if kept is None or not profile.resume_argv:
        return None
    return kept if kept.id or resumes_latest(profile) else None


def displayed_command(task: Task, command: Command, profile: AgentProfile) -> str:
    """The command as a person would write it."""
    return task.text if profile.kind == "shell" else " ".join(command.argv)


def _fits_a_terminal(text: str) -> bool:
    return all(len(line) <= _TERMINAL_LINE for line in text.encode().split(b"\n"))


def _argv(task: Task, profile: AgentProfile, thread: AgentThread | None) -> tuple[str, ...]:
    if profile.kind == "shell":
        return (*(profile.argv or _SHELL), task.text)
    if profile.name == COMMAND_LINE:
        return profile.argv  # as somebody typed it: nothing in it is a place
    argv = profile.resume_argv if thread and profile.resume_argv else profile.argv
    if not argv:
        raise StartFailed(f"the profile of agent {profile.name!r} names no command")
    argv = argv_for_model(argv, profile.model)
    fillings = {
        "{thread}": thread.id if thread else "",
        **_task_filling(task, profile),
    }
    filled = filled_argv(argv, profile, asked=task.approval, values=fillings)
    if "{task}" not in fillings or any("{task}" in item for item in argv):
        return filled
    return (*filled, fillings["{task}"])


def _task_filling(task: Task, profile: AgentProfile) -> Mapping[str, str]:
    match profile.hand_over:
        case "argument":
            return {"{task}": task.text}
        case "file":
            return {"{task}": _PATH}
        case "stdin" | "protocol" | "none":
            return {}


def _is_handed_over(profile: AgentProfile, how: str) -> bool:
    return profile.kind != "shell" and profile.hand_over == how
