"""What is started for a task of an agent that is a program."""

from domain.agent_profile import AgentProfile
from domain.errors import StartFailed
from domain.task import Task
from ports.process import Command

_SHELL = ("/bin/sh", "-c")


def command_of(task: Task, profile: AgentProfile, *, workspace: str) -> Command:
    """Raises StartFailed for a profile that names no command."""
    return Command(
        argv=_argv(task, profile),
        cwd=workspace,
        task_id=task.task_id,
        pty=profile.pty,
        env=profile.env,
        env_passthrough=profile.env_passthrough,
        sandbox=profile.sandbox,
        network=profile.network,
    )


def shown_command(task: Task, command: Command, profile: AgentProfile) -> str:
    """The command as a person would write it."""
    return task.text if profile.kind == "shell" else " ".join(command.argv)


def _argv(task: Task, profile: AgentProfile) -> tuple[str, ...]:
    if profile.kind == "shell":
        return (*(profile.argv or _SHELL), task.text)
    if not profile.argv:
        raise StartFailed(f"the profile of agent {profile.name!r} names no command")
    return (*profile.argv, task.text) if profile.hand_over == "argument" else profile.argv
