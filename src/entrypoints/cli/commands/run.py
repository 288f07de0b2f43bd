"""`agentcast run` and `agentcast exec`: a task, or a command, run in this process."""

import asyncio
import shlex
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from application.serving.submit_task import SubmitTask
from domain.agent_profile import COMMAND_LINE, Network, SandboxWish
from domain.built_in_rules import built_in_rule
from domain.ids import AgentName
from domain.limits import Limits
from entrypoints.cli.chosen_settings import Config, DataDir, chosen_settings
from entrypoints.cli.failure import UsageMistake
from entrypoints.cli.options import (
    Agent,
    AsJson,
    BuiltInRules,
    Limited,
    Metadata,
    Model,
    Raw,
    Rules,
    Session,
    Timeout,
    Workspace,
    chosen_session,
)
from entrypoints.cli.output import process_output
from entrypoints.cli.rule_file import rules_of_file
from entrypoints.cli.views.view_choice import command_view, event_view
from entrypoints.settings.settings import Settings


def run(
    task: Annotated[str, Parameter(help="What the agent should do.")],
    /,
    *,
    agent: Agent = None,
    model: Model = None,
    session: Session = None,
    workspace: Workspace = None,
    limits: Limited = None,
    rules: Rules = None,
    rule: BuiltInRules = (),
    metadata: Metadata = None,
    data_dir: DataDir = None,
    config: Config = None,
    json: AsJson = False,
    raw: Raw = False,
) -> int:
    """Carry out a task in the current directory; Ctrl-C cancels it."""
    if not task.strip():
        raise UsageMistake("the task is empty")
    settings = chosen_settings(config=config, data_dir=data_dir)
    request = SubmitTask(
        text=task,
        agent=None if agent is None else AgentName(agent),
        model=model,
        session_id=chosen_session(session),
        workspace=None if workspace is None else str(workspace.absolute()),
        limits=None if limits is None else Limits(**limits),
        rules=(*(rules_of_file(rules) if rules else ()), *map(built_in_rule, rule)),
        metadata=metadata,
    )
    return asyncio.run(_run(request, settings=settings, as_json=json, raw=raw))


async def _run(request: SubmitTask, *, settings: Settings, as_json: bool, raw: bool) -> int:
    # Imported late, so that wrong arguments are reported at once.
    from entrypoints.cli.in_process import run_in_process

    with event_view(process_output(), as_json=as_json, raw=raw) as view:
        ending = await run_in_process(request, settings=settings, view=view)
    return ending.code


def exec_command(
    *command: Annotated[str, Parameter(help="The command and its arguments, after `--`.")],
    session: Session = None,
    workspace: Workspace = None,
    no_pty: Annotated[
        bool, Parameter(negative=(), help="Pipes instead of a terminal; stderr stays apart.")
    ] = False,
    sandbox: Annotated[SandboxWish, Parameter(help="Whether to run it in a sandbox.")] = "auto",
    network: Annotated[Network, Parameter(help="What a sandbox lets it reach.")] = "none",
    env: Annotated[tuple[str, ...], Parameter(help="Variable to pass on; may be repeated.")] = (),
    timeout: Timeout = None,
    data_dir: DataDir = None,
    config: Config = None,
    json: AsJson = False,
    raw: Raw = False,
) -> int:
    """Run a command as an agent in the current directory, or another; exit with the command's own code."""
    if not command:
        raise UsageMistake("exec what? Give a command after --: agentcast exec -- npm test")
    profile = {
        "kind": "command",
        "argv": command,
        "hand_over": "none",
        "pty": not no_pty,
        "sandbox": sandbox,
        "network": network,
        "env_passthrough": env,
    }
    settings = chosen_settings(config=config, data_dir=data_dir, agents={COMMAND_LINE: profile})
    request = SubmitTask(
        text=shlex.join(command),
        agent=COMMAND_LINE,
        session_id=chosen_session(session),
        workspace=str(Path.cwd() if workspace is None else workspace.absolute()),
        limits=None if timeout is None else Limits(timeout_s=timeout),
    )
    return asyncio.run(_exec(request, settings=settings, as_json=json, raw=raw))


async def _exec(request: SubmitTask, *, settings: Settings, as_json: bool, raw: bool) -> int:
    # Imported late, so that wrong arguments are reported at once.
    from entrypoints.cli.in_process import run_in_process

    with command_view(process_output(), as_json=as_json, raw=raw) as view:
        ending = await run_in_process(request, settings=settings, view=view)
    return ending.command_code
