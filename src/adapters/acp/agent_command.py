"""The command that starts an agent, with its flags and its home."""

from itertools import chain

from domain.agent_profile import AgentProfile
from domain.approval import APPROVAL_PLACE, strictest_mode
from domain.errors import StartFailed
from domain.model_choice import MODEL_PLACE, argv_for_model
from domain.task import Task
from ports.process import Command


def agent_command(
    task: Task, profile: AgentProfile, *, workspace: str, home: str | None
) -> Command:
    """Most agents keep their conversations in their home. Raises StartFailed."""
    if not profile.argv:
        raise StartFailed(f"the profile of agent {profile.name!r} names no command")
    return Command(
        argv=_argv(task, profile),
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


def _argv(task: Task, profile: AgentProfile) -> tuple[str, ...]:
    model = profile.model
    argv = argv_for_model(profile.argv, model)
    flags = profile.approval_argv.get(strictest_mode(profile.approvals, asked=task.approval), ())
    pieces = (
        flags if item == APPROVAL_PLACE else (item.replace(MODEL_PLACE, model or MODEL_PLACE),)
        for item in argv
    )
    return tuple(chain.from_iterable(pieces))
