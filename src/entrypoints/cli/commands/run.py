"""`agentcast run`: a task carried out in this process."""

import asyncio
from typing import Annotated

from cyclopts import Parameter

from application.serving.submit_task import SubmitTask
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
    Workspace,
    chosen_session,
)
from entrypoints.cli.output import process_output
from entrypoints.cli.rule_file import rules_of_file
from entrypoints.cli.views.view_choice import event_view
from entrypoints.settings.settings import Settings


def run(
    task: Annotated[str, Parameter(help="What the agent is to do.")],
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
    # What is wrong with the arguments is said before all that carries out tasks is loaded.
    from entrypoints.cli.in_process import carried_out

    with event_view(process_output(), as_json=as_json, raw=raw) as view:
        ending = await carried_out(request, settings=settings, view=view)
    return ending.code
