"""Command-line agents as people have them, under a server that is set up as people would."""

import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from tests.agent_model_server import AgentModelServer, Choose, agent_model_server
from tests.e2e.client import Client, client_of
from tests.e2e.running_server import running_server

_PACKAGES = {
    "codex": "@openai/codex@0.169.0",
    "gemini": "@google/gemini-cli@0.61.0",
    "claude": "@anthropic-ai/claude-code@2.1.197",
}
_INSTALL_S = 300
_CODEX = """\
model = "loopback"
model_provider = "loopback"

[model_providers.loopback]
name = "loopback"
base_url = "{base_url}/v1"
wire_api = "responses"
env_key = "OPENAI_API_KEY"
"""


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


def programs_folder(packages: Mapping[str, str] = _PACKAGES) -> Path:
    """What to put on the PATH; kept for the next run of the tests.

    Not below /tmp, where a sandbox shows nothing of the machine's.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    versions = "_".join(package.rpartition("@")[2] for package in packages.values())
    folder = cache / "agentcast-tests" / versions
    programs = folder / "node_modules" / ".bin"
    if not all((programs / name).exists() for name in packages):
        _install(folder, packages)
    return programs


def _install(folder: Path, packages: Mapping[str, str]) -> None:
    npm = shutil.which("npm")
    assert npm, "the tests of real agents need npm"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    flags = ("--no-audit", "--no-fund", "--silent", "--prefix", str(folder))
    command = (npm, "install", *flags, *packages.values())
    subprocess.run(command, check=True, timeout=_INSTALL_S, stdin=subprocess.DEVNULL)


def environment_of_agents(*programs: Path, base_url: str) -> dict[str, str]:
    return {
        "PATH": ":".join([*map(str, programs), os.environ["PATH"]]),
        "ANTHROPIC_BASE_URL": base_url,
        "ANTHROPIC_API_KEY": "a-key",
        "IS_SANDBOX": "1",
        "OPENAI_API_KEY": "a-key",
        "GOOGLE_GEMINI_BASE_URL": base_url,
        "GEMINI_API_KEY": "a-key",
        "GEMINI_MODEL": "gemini-2.5-pro",
    }


def _settings(base_url: str, sandbox: str) -> str:
    """Codex has no variable for the address of its model."""
    codex = json.dumps(_CODEX.format(base_url=base_url))
    agents = ("codex", "claude-code", "gemini", "gemini-acp")
    chosen = [f'[agents.{name}]\nsandbox = "{sandbox}"\n' for name in agents]
    return f'{"".join(chosen)}\n[agents.codex.home_files]\n".codex/config.toml" = {codex}\n'
