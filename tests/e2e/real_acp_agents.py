"""Agents of the Agent Client Protocol as people have them, with a scripted model behind them."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.agent_model_server import AgentModelServer, Choose, agent_model_server
from tests.e2e.client import Client, client_of
from tests.e2e.real_agents import environment_of_agents, programs_folder
from tests.e2e.running_server import running_server

_OPENCODE_MODEL = {
    "limit": {"context": 100_000, "output": 4_000},
    "cost": {"input": 1, "output": 4},
}
_CODEX = """\
model = "loopback"
model_provider = "loopback"
approval_policy = "never"
sandbox_mode = "danger-full-access"

[analytics]
enabled = false

[model_providers.loopback]
name = "loopback"
base_url = "{base_url}/v1"
wire_api = "responses"
env_key = "OPENAI_API_KEY"
"""
_SETTINGS = """\
[agents.opencode.home_files]
".config/opencode/opencode.json" = {opencode}

[agents.codex-acp.home_files]
".codex/config.toml" = {codex}

[agents.qwen-acp]
kind = "acp"
argv = ["qwen", "--acp"]
network = "host"
env_passthrough = ["OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"]

[agents.qwen-acp.home_files]
".qwen/settings.json" = '{{"security": {{"auth": {{"selectedType": "openai"}}}}}}'

[agents.gemini-by-protocol]
kind = "acp"
argv = ["gemini", "--acp", "--skip-trust"]
network = "host"
env_passthrough = ["GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL", "GEMINI_MODEL"]

[agents.gemini-by-protocol.home_files]
".gemini/settings.json" = '{{"security": {{"auth": {{"selectedType": "gemini-api-key"}}}}}}'
"""


@asynccontextmanager
async def real_acp_agents(
    folder: Path, choose: Choose
) -> AsyncIterator[tuple[Client, AgentModelServer]]:
    """A client of a server whose agents ask a model that answers as chosen.

    `gemini-by-protocol` has no place for a model in its command.
    """
    programs = programs_folder()
    async with agent_model_server(choose) as model:
        config = folder / "agentcast.toml"
        config.write_text(_settings(model.base_url))
        environment = environment_of_agents(programs, base_url=model.base_url)
        chat = {"OPENAI_BASE_URL": f"{model.base_url}/v1", "OPENAI_MODEL": "qwen-test"}
        settings = {**environment, **chat, "AGENTCAST_CONFIG": str(config)}
        with running_server(folder / "data", **settings) as server:
            async with client_of(server) as client:
                yield client, model


def _settings(base_url: str) -> str:
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "options": {"baseURL": f"{base_url}/v1", "apiKey": "a-key"},
        "models": {"first": _OPENCODE_MODEL, "second": _OPENCODE_MODEL},
    }
    opencode = {
        "model": "loop/first",
        "small_model": "loop/first",
        "autoupdate": False,
        "provider": {"loop": provider},
    }
    return _SETTINGS.format(
        opencode=json.dumps(json.dumps(opencode)),
        codex=json.dumps(_CODEX.format(base_url=base_url)),
    )
