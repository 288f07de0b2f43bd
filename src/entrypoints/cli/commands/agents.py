"""`agentcast agents`: the agents, and whether their programs are installed."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter

from adapters.system.path_program_finder import PathProgramFinder
from application.serving.agents import missing_program
from domain.agent_profile import AgentProfile
from entrypoints.cli.chosen_settings import Config, chosen_settings, settings_mistakes
from entrypoints.cli.client.server_client import Json, server_client
from entrypoints.cli.exit_code import ExitCode
from entrypoints.cli.options import AsJson
from entrypoints.cli.output import Output, process_output
from entrypoints.cli.views.excerpt import excerpt
from entrypoints.container import Container
from entrypoints.settings.configured_agents import profiles

_HEADS = ("NAME", "KIND", "FROM", "STATUS", "INSTALLED", "DESCRIPTION")


def agents(
    *,
    server: Annotated[
        str | None,
        Parameter(env_var="AGENTCAST_URL", help="Ask this server instead of the settings here."),
    ] = None,
    config: Config = None,
    json: AsJson = False,
) -> int:
    """List the agents, and whether their programs are installed."""
    items = asyncio.run(_of_server(server)) if server else _of_settings(config)
    _show(items, process_output(), as_json=json)
    return ExitCode.COMPLETED


async def _of_server(url: str) -> Sequence[Json]:
    async with server_client(url) as client:
        return await client.items("/agents", {})


def _of_settings(config: Config) -> Sequence[Json]:
    """Agents of settings and defaults, without those added to a server."""
    settings = chosen_settings(config=config)
    with settings_mistakes():
        known = profiles(settings, kinds=tuple(Container.agents.runners.kwargs))
    return [_item(profile) for profile in sorted(known, key=lambda profile: profile.name)]


def _item(profile: AgentProfile) -> Json:
    missing = missing_program(profile, PathProgramFinder())
    return {
        "name": profile.name,
        "kind": profile.kind,
        "source": profile.source,
        "description": profile.description,
        "installed": missing is None,
        **({} if missing is None else {"missing": missing}),
    }


def _show(items: Sequence[Json], output: Output, *, as_json: bool) -> None:
    if as_json:
        for item in items:
            output.json(item)
    elif items:
        output.table(_HEADS, [_row(item) for item in items])


def _row(item: Json) -> Sequence[str]:
    installed = f"no {item['missing']}" if item.get("missing") else "yes"
    values = (item.get(name) or "" for name in ("name", "kind", "source", "status"))
    description = excerpt(str(item.get("description") or ""), chars=80)
    return (*map(str, values), installed, description)
