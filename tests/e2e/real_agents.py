"""Command-line agents as people have them, under a server that is set up as people would."""

import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.agent_model_server import AgentModelServer, Choose, agent_model_server
from tests.e2e.client import Client, client_of
from tests.e2e.running_server import running_server

PACKAGES = {
    "codex": "@openai/codex@0.169.0",
    "gemini": "@google/gemini-cli@0.61.0",
    "claude": "@anthropic-ai/claude-code@2.1.197",
    "qwen": "@qwen-code/qwen-code@0.15.10",
    "pi": "@mariozechner/pi-coding-agent@0.73.1",
    "cline": "cline@3.0.65",
    "opencode": "opencode-ai@1.18.33",
    "codex-acp": "@zed-industries/codex-acp@0.16.0",
    "claude-agent-acp": "@agentclientprotocol/claude-agent-acp@0.49.0",
}
_INSTALL_S = 600
_START_S = 120  # many are started at once
_CODEX = """\
model = "loopback"
model_provider = "loopback"

[model_providers.loopback]
name = "loopback"
base_url = "BASE_URL/v1"
wire_api = "responses"
env_key = "OPENAI_API_KEY"
"""
_OPENCODE = {
    "model": "loopback/loopback",
    "small_model": "loopback/loopback",
    "provider": {
        "loopback": {
            "npm": "@ai-sdk/openai-compatible",
            "options": {"baseURL": "BASE_URL/v1", "apiKey": "{env:OPENAI_API_KEY}"},
            "models": {"loopback": {}},
        }
    },
}
_PI = {
    "providers": {
        "loopback": {
            "baseUrl": "BASE_URL/v1",
            "api": "openai-completions",
            "apiKey": "OPENAI_API_KEY",
            "models": [{"id": "loopback"}],
        }
    }
}
_CLINE_PROVIDER = {
    "provider": "openai-compatible",
    "apiKey": "a-key",
    "model": "loopback",
    "baseUrl": "BASE_URL/v1",
}
# As `cline auth` writes it.
_CLINE = {
    "version": 1,
    "lastUsedProvider": "openai-compatible",
    "modes": {},
    "providers": {
        "openai-compatible": {
            "settings": _CLINE_PROVIDER,
            "updatedAt": "2026-11-29T00:00:00.000Z",
            "tokenSource": "manual",
        }
    },
}
_LLM = """\
- model_id: loopback
  model_name: loopback
  api_base: BASE_URL/v1
  api_key_name: openai
"""
_BASE_URL = "BASE_URL"


@asynccontextmanager
async def real_agents(
    folder: Path, choose: Choose, *, sandbox: str = "auto"
) -> AsyncIterator[tuple[Client, AgentModelServer]]:
    """A client of a server whose ready-made agents ask a model that answers as chosen."""
    programs = programs_folder()
    async with agent_model_server(choose) as model:
        config = folder / "agentcast.toml"
        config.write_text(_settings(model.base_url, sandbox))
        settings = environment_of_agents(programs, base_url=model.base_url) | {
            "AGENTCAST_CONFIG": str(config)
        }
        with running_server(folder / "data", **settings) as server:
            async with client_of(server) as client:
                yield client, model


def programs_folder() -> Path:
    """What to put on the PATH; kept for the next run of the tests.

    Not below /tmp, where a sandbox shows nothing of the machine's.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    versions = "_".join(package.rpartition("@")[2] for package in PACKAGES.values())
    folder = cache / "agentcast-tests" / versions
    programs = folder / "node_modules" / ".bin"
    if not all((programs / name).exists() for name in PACKAGES):
        _install(folder)
    return programs


def _install(folder: Path) -> None:
    npm = shutil.which("npm")
    assert npm, "the tests of real agents need npm"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    flags = ("--no-audit", "--no-fund", "--silent", "--prefix", str(folder))
    command = (npm, "install", *flags, *PACKAGES.values())
    subprocess.run(command, check=True, timeout=_INSTALL_S, stdin=subprocess.DEVNULL)


def environment_of_agents(programs: Path, *, base_url: str) -> dict[str, str]:
    openai = f"{base_url}/v1"
    return {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "ANTHROPIC_BASE_URL": base_url,
        "ANTHROPIC_API_KEY": "a-key",
        "IS_SANDBOX": "1",
        "OPENAI_API_KEY": "a-key",
        "OPENAI_BASE_URL": openai,
        "OPENAI_API_BASE": openai,
        "OPENAI_MODEL": "loopback",
        "GOOGLE_GEMINI_BASE_URL": base_url,
        "GEMINI_API_KEY": "a-key",
        "GEMINI_MODEL": "gemini-2.5-pro",
        "LLM_API_KEY": "a-key",
        "LLM_BASE_URL": openai,
        "LLM_MODEL": "openai/loopback",
    }


def _settings(base_url: str, sandbox: str) -> str:
    """What each agent needs besides its variables, as docs/agents.md shows it."""
    agents: list[tuple[str, str, dict[str, str]]] = [
        ("claude-code", "", {}),
        ("claude-code-acp", "", {}),
        ("gemini", "", {}),
        ("gemini-acp", "", {}),
        ("codex", "", {".codex/config.toml": _CODEX}),
        ("codex-acp", "", {".codex/config.toml": _CODEX}),
        ("opencode", "", {".config/opencode/opencode.json": json.dumps(_OPENCODE)}),
        ("qwen", "", {}),
        ("qwen-acp", "", {}),
        ("pi", "loopback/loopback", {".pi/agent/models.json": json.dumps(_PI)}),
        ("cline", "", {".cline/data/settings/providers.json": json.dumps(_CLINE)}),
        ("openhands", "", {}),
        ("aider", "openai/loopback", {}),
        ("mini-swe-agent", "openai/loopback", {}),
        ("llm", "loopback", {".config/io.datasette.llm/extra-openai-models.yaml": _LLM}),
    ]
    tables = []
    for name, model, files in agents:
        tables.append(f'[agents.{name}]\nsandbox = "{sandbox}"\nstart_s = {_START_S}')
        tables += [f'model = "{model}"'] if model else []
        tables += [f"[agents.{name}.home_files]"] if files else []
        for path, text in files.items():
            tables.append(f'"{path}" = {json.dumps(text.replace(_BASE_URL, base_url))}')
    return "\n".join(tables) + "\n"
