"""The command that starts an agent."""

from domain.agent_argv import filled_argv
from domain.agent_profile import AgentProfile
from domain.errors import StartFailed
from domain.model_choice import argv_for_model
from domain.task import Task
from ports.process import Command


def agent_command(
    task: Task, profile: AgentProfile, *, workspace: str, home: str | None
) -> Command:
    """`home` is kept between tasks, as most agents store their conversations there.

    Raises StartFailed for a profile without a command.
    """
    if not profile.argv:
        raise StartFailed(f"the profile of agent {profile.name!r} names no command")
    argv = argv_for_model(profile.argv, profile.model)
    return Command(
        argv=filled_argv(argv, profile, asked=task.approval, values={}),
        cwd=workspace,
        task_id=task.task_id,
        pty=False,
        stdin="open",
        env=profile.env,
        env_passthrough=profile.env_passthrough,
        home=home,
        home_files=profile.home_files,
        shared_folders=profile.shared_folders,
        sockets=profile.sockets,
        shown_paths=tuple(item for item in profile.argv if item.startswith("/")),
        memory_bytes=profile.memory_bytes,
        max_processes=profile.processes,
        sandbox=profile.sandbox,
        network=profile.network,
    )
