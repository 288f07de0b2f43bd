"""Checks profiles of agents, wherever they come from, and what a task asks of its agent."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import chain

from domain.agent_options import (
    KINDS_WITH_ARGV,
    check_approval,
    check_limits,
    check_options,
    check_rules,
)
from domain.agent_profile import AgentProfile
from domain.errors import InvalidInput, StartFailed
from domain.extraction import ExtractionRule
from domain.ids import is_chosen_id, is_variable_name
from domain.limits import Limits
from domain.mcp_server import check_server_names
from domain.model_choice import check_model, check_models
from domain.task import Approval, Task


def check_profile(
    profile: AgentProfile, *, kinds: Collection[str], parsers: Collection[str]
) -> None:
    """Raises InvalidInput with the field."""
    if not is_chosen_id(profile.name):
        raise InvalidInput("name", "use 1 to 64 letters, digits and any of . _ : -")
    if profile.kind not in kinds:
        known = ", ".join(sorted(kinds))
        raise InvalidInput("kind", f"there is no kind {profile.kind!r}; known: {known}")
    if not profile.argv and profile.kind in KINDS_WITH_ARGV:
        raise InvalidInput("argv", f"an agent of kind {profile.kind} needs a command")
    for field, argv in (("argv", profile.argv), ("setup_argv", profile.setup_argv)):
        if argv and not argv[0]:
            raise InvalidInput(field, "its first item should name a program")
    if profile.parser not in (None, *parsers):
        known = ", ".join(sorted(parsers))
        raise InvalidInput("parser", f"there is no parser {profile.parser!r}; known: {known}")
    if profile.analysis and profile.kind != "react":
        raise InvalidInput("analysis", "only an agent of kind react can ask its model for it")
    if profile.workspace is not None and not profile.workspace.startswith("/"):
        raise InvalidInput("workspace", "should be an absolute path")
    check_options(profile)
    check_models(profile)
    check_server_names(profile.mcp_servers)
    _check_process(profile)
    _check_sockets(profile)


def check_task(
    profile: AgentProfile,
    *,
    model: str | None,
    limits: Limits | None,
    approval: Approval | None,
    rules: Sequence[ExtractionRule],
) -> None:
    """Raises InvalidInput for an option that the agent cannot follow, by its field in a submission."""
    if approval is not None:
        check_approval(approval, profile)
    if model is not None:
        check_model(model, profile)
    if limits is not None:
        check_limits(limits, profile)
    check_rules(rules, profile, field="extraction")


def profile_for(task: Task, profile: AgentProfile) -> AgentProfile:
    """The profile with the model of the task.

    Raises StartFailed if the agent was changed after the task was submitted, and cannot follow an
    option of it any more.
    """
    try:
        check_task(
            profile,
            model=task.model,
            limits=task.limits,
            approval=task.approval,
            rules=task.rules,
        )
    except InvalidInput as error:
        raise StartFailed(f"{error.field}: {error}") from error
    return profile if task.model is None else replace(profile, model=task.model)


def _check_process(profile: AgentProfile) -> None:
    flags = chain.from_iterable(profile.approval_argv.values())
    argv = (*profile.argv, *profile.resume_argv, *profile.setup_argv, *flags)
    texts = (*argv, *profile.env.values(), *profile.home_files)
    if any("\0" in text for text in texts):
        raise InvalidInput("argv", "a command, its variables and its files may not hold NUL")
    for name in profile.env:
        if not name or "=" in name or "\0" in name:
            raise InvalidInput("env", f"{name!r} is no name of a variable")
    for name in profile.env_passthrough:
        if not is_variable_name(name):
            raise InvalidInput("env_passthrough", f"{name!r} is no name of a variable")
    for folder in profile.shared_folders:
        if not folder.startswith(("/", "~/", "$")) or "\0" in folder:
            message = f"{folder!r} should be an absolute path, or $NAME for that of a variable"
            raise InvalidInput("shared_folders", message)
    for path in profile.home_files:
        if path.startswith("/") or not {"", ".", ".."}.isdisjoint(path.split("/")):
            raise InvalidInput("home_files", f"{path!r} should be a path inside the home folder")


def _check_sockets(profile: AgentProfile) -> None:
    for socket in profile.sockets:
        if not socket.startswith("/") or "\0" in socket:
            raise InvalidInput("sockets", f"{socket!r} should be an absolute path")
    if profile.sockets and profile.sandbox == "none":
        raise InvalidInput("sockets", "without a sandbox nothing keeps it to these")
