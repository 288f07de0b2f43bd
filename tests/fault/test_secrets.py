"""A secret that a program leaks, in whatever form, is found nowhere afterwards."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from adapters.system.environment_secrets import forms_of
from tests.e2e.client import Client, client_of
from tests.e2e.running_server import RunningServer, running_server

pytestmark = pytest.mark.fault

SECRET = 'S3cr3t/"quoted"+välue'
OWN_KEY = "the-servers-own-key"
AGENTS = """
[agents.terminal]
argv = ["python3", "-c", "{task}"]
env_passthrough = ["MARKED_TOKEN"]

[agents.pipes]
argv = ["python3", "-c", "{task}"]
env_passthrough = ["MARKED_TOKEN"]
pty = false

[agents.understood]
argv = ["python3", "-c", "{task}"]
env_passthrough = ["MARKED_TOKEN"]
parser = "claude-code"
pty = false
"""
BEGIN = """
import base64, json, os, sys, time, urllib.parse
secret = os.environ["MARKED_TOKEN"]
def say(text):
    os.write(1, text.encode())
say("leaking\\n")
"""
IN_MANY_WAYS = """
say(secret + "\\n")
for letter in secret:
    say(letter)
    time.sleep(0.01)
say("\\n" + "\\x1b[31m".join(secret) + "\\x1b[0m\\n")
say(json.dumps(secret) + urllib.parse.quote(secret) + "\\n")
say(base64.b64encode(f"user:{secret}".encode()).decode() + "\\n")
"""
IN_AN_ERROR = "sys.exit(f'wrong key: {secret}')"
IN_ARGUMENTS = """
use = {"type": "tool_use", "id": "t", "name": "Bash", "input": {secret: ["echo " + secret]}}
text = {"type": "text", "text": "it is " + secret}
message = {"id": "m", "role": "assistant", "content": [text, use]}
say(json.dumps({"type": "assistant", "message": message, "session_id": "s"}) + "\\n")
say(json.dumps({"type": "unheard of", "what": secret}, ensure_ascii=False) + "\\n")
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("secrets")
    (folder / "agentcast.toml").write_text(AGENTS)
    settings = {"MARKED_TOKEN": SECRET, "ANTHROPIC_API_KEY": OWN_KEY}
    with running_server(folder / "data", AGENTCAST_LLM_PROVIDER="scripted", **settings) as server:
        yield server


@pytest.fixture
async def client(server: RunningServer) -> AsyncIterator[Client]:
    async with client_of(server) as client:
        yield client


@pytest.mark.parametrize("agent", ["terminal", "pipes"])
async def test_what_a_program_writes_holds_no_secret_anywhere(client: Client, agent: str) -> None:
    script = BEGIN + IN_MANY_WAYS + IN_AN_ERROR

    seen = await seen_of(client, agent=agent, script=script)

    assert [place for place, text in seen.items() if leaks(text)] == []
    assert [place for place, text in seen.items() if "[redacted]" in text] == [
        "events",
        "task",
        "log",
        "files",
    ]
    assert "wrong key: [redacted]" in seen["events"]
    assert seen["log"].count("[redacted]") == 7


async def test_messages_of_an_agents_protocol_hold_no_secret_anywhere(client: Client) -> None:
    script = BEGIN + IN_ARGUMENTS

    seen = await seen_of(client, agent="understood", script=script)

    assert [place for place, text in seen.items() if leaks(text)] == []
    assert '{"[redacted]": ["echo [redacted]"]}' in seen["events"]


async def seen_of(client: Client, *, agent: str, script: str) -> dict[str, str]:
    """All that can be read of a task that has ended, and all that is on the disk."""
    task_id = await client.submit(script, session_id=agent, agent=agent)
    events = await client.events(task_id)
    found = {"events": json.dumps([frame.data for frame in events], ensure_ascii=False)}
    found["task"] = json.dumps(await client.get(f"/api/v1/tasks/{task_id}"), ensure_ascii=False)
    found["log"] = (await client.request("GET", f"/api/v1/tasks/{task_id}/log")).text
    found["metrics"] = (await client.request("GET", "/metrics")).text
    folder = client.server.data_dir
    files = [path for path in folder.parent.rglob("*") if path.is_file()]
    found["files"] = "".join(text_of(path) for path in files)
    assert "leaking" in found["log"]
    assert any(path.name.startswith("agentcast.db") for path in files)
    return found


def text_of(path: Path) -> str:
    return path.read_bytes().decode(errors="replace")


def leaks(text: str) -> list[str]:
    plain = re.sub(r"(?:\x1b|\\u001b)\[[0-9;]*m", "", text)
    return [form for form in (*forms_of(SECRET), OWN_KEY) if form in plain]
